"""Encyclopedia text in the form of WikiText: ``python -m corpora.wikitext FILE... -o FILE.txt.xz``.

WikiText is text of Wikipedia as language models were long measured on it: words apart from
punctuation by the rules of Moses, hyphens and marks inside numbers as `` @-@ ``, `` @,@ `` and
`` @.@ ``, headings as `` = Title = ``, no tables, lists or footnotes, and ``<unk>`` for a word
outside a vocabulary.  A model that is measured on it must be trained on such text: what it learns
from ordinary text says little about where the spaces are.

S. Merity, C. Xiong, J. Bradbury, R. Socher, "Pointer Sentinel Mixture Models" (2016), section 4.
"""

from __future__ import annotations

import lzma
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

VOCABULARY_SIZE = 33_278
"""Words of WikiText-2."""

UNKNOWN = "<unk>"
DOCUMENT_END = "\x1e"
MIN_PARAGRAPH = 80
MAX_HEADING = 60

# Sections that are lists of sources and links in every article.
_APPENDIX = re.compile(
    r"(references?|notes?|footnotes|citations|sources|bibliography|literature|see also|"
    r"external links|further reading|works cited|gallery|discography|filmography)\b",
    re.IGNORECASE,
)
_FOOTNOTE = re.compile(r"\s*\[(?:\d{1,3}|[a-z]|note \d+|citation needed)\]")
_EMPHASIS = re.compile(r"(?<!\w)_+([^_\n]+?)_+(?!\w)")
_PICTURE = re.compile(r"\S*\.(?:png|jpe?g|svg|gif)\b", re.IGNORECASE)
_NO_PROSE = re.compile(r"[|+=]|-\s|\*|\d+\.\s|\[\d+\]|Category:|#")
_TITLE = re.compile(r"^((?:[^\Wa-z_][^\Wa-z_'\u2019.&-]*(?:\s+|$))+)")
_IN_NUMBER = re.compile(r"(?<=\d)([.,])(?=\d)")
_IN_WORD = re.compile(r"(?<=[^\W_])-(?=[^\W_])")
_SENTENCE_END = (".", "!", "?", ":", '"', "\u201d", ")", "\u2019")


def read_documents(paths: Iterable[Path]) -> Iterator[str]:
    """Yield the documents of text files, which a byte 0x1E ends; ``.xz`` files are unpacked."""
    for path in paths:
        content = path.read_bytes()
        if path.suffix == ".xz":
            content = lzma.decompress(content)
        yield from content.decode("utf-8", "replace").split(DOCUMENT_END)


def parse(document: str) -> list[tuple[int, str]]:
    """Return the headings and paragraphs of an article as (level, text), level 0 for a paragraph.

    The title is level 1: the words in capitals that articles begin with.  A heading is a short line
    of its own: two empty lines before it make it level 2, one makes it level 3.  Tables, lists,
    footnotes and sections of sources are left out, and then headings that nothing follows.
    """
    parts: list[tuple[int, str]] = []
    is_appendix, num_empty = False, 0
    for raw in document.replace("\xa0", " ").splitlines():
        line = _clean(raw)
        if not line:
            num_empty += 1
            continue
        if not parts and not is_appendix:
            line, title = _take_title(line)
            if title:
                parts.append((1, title))
        if num_empty and len(line) <= MAX_HEADING and _is_heading(raw, line):
            is_appendix = bool(_APPENDIX.match(line))
            if not is_appendix:
                parts.append((2 if num_empty > 1 else 3, line))
        elif not is_appendix and _is_prose(raw, line):
            parts.append((0, line))
        num_empty = 0
    return _without_empty(parts)


def _clean(line: str) -> str:
    for pattern, replacement in ((_FOOTNOTE, ""), (_PICTURE, ""), (_EMPHASIS, r"\1")):
        line = pattern.sub(replacement, line)
    return " ".join(line.split())


def _take_title(line: str) -> tuple[str, str]:
    """Return the article's first line with its capitals lowered, and the title."""
    found = _TITLE.match(line)
    capitals = found.group(1).strip(" (") if found else ""
    if len(capitals) < 2:
        return line, ""
    title = " ".join(word if len(word) <= 3 else word.capitalize() for word in capitals.split())
    return title + line[len(capitals) :], title


def _is_heading(raw: str, line: str) -> bool:
    return (
        raw == raw.lstrip()
        and line[0].isalnum()
        and line[0] == line[0].upper()
        and not line.endswith((*_SENTENCE_END[:5], ";", ","))
        and not _NO_PROSE.match(raw)
    )


def _is_prose(raw: str, line: str) -> bool:
    num_letters = sum(character.isalpha() for character in line)
    return (
        len(line) >= MIN_PARAGRAPH
        and 2 * num_letters > len(line)
        and not _NO_PROSE.match(raw.lstrip())
    )


def _without_empty(parts: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """Drop headings after which no paragraph comes before one of their level or above."""
    kept: list[tuple[int, str]] = []
    needed = 0  # what comes before may be a heading if its level is below this
    for level, text in reversed(parts):
        if level == 0:
            needed = 4
            kept.append((level, text))
        elif level < needed:
            needed = level
            kept.append((level, text))
    return kept[::-1] if any(level == 0 for level, _ in kept) else []


def make_tokenizer() -> object:
    """Return Moses' tokenizer for English.

    Raises:
        click.ClickException: sacremoses is not installed.
    """
    try:
        from sacremoses import MosesTokenizer
    except ImportError:
        raise click.ClickException("this needs sacremoses: pip install sacremoses") from None
    return MosesTokenizer(lang="en")


def words_of(text: str, tokenizer: object) -> list[str]:
    """Return the words and marks of a line, with WikiText's signs for what joins them."""
    text = _IN_NUMBER.sub(r" @\1@ ", text)
    text = _IN_WORD.sub(" @-@ ", text)
    words: list[str] = tokenizer.tokenize(text, escape=False)  # type: ignore[attr-defined]
    return _SPLIT_SIGN.sub(r" @\1@ ", " ".join(words)).split()


# Moses takes the signs apart again.
_SPLIT_SIGN = re.compile(r" ?@ ?([-.,]) ?@ ?")


def convert(documents: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
    """Yield the lines of articles as (level, words); level 1 begins an article."""
    tokenizer = make_tokenizer()
    for document in documents:
        for level, text in parse(document):
            yield level, words_of(text, tokenizer)


def render(lines: list[tuple[int, list[str]]], vocabulary: frozenset[str]) -> str:
    """Return the text, with ``<unk>`` for words outside the vocabulary."""
    parts: list[str] = []
    for level, words in lines:
        text = " ".join(word if word in vocabulary else UNKNOWN for word in words)
        marks = " ".join("=" * level)
        parts.append(f" \n {marks} {text} {marks} \n \n" if level else f" {text} \n")
    return "".join(parts)


def most_frequent(lines: list[tuple[int, list[str]]], size: int) -> frozenset[str]:
    """Return the ``size`` most frequent words; of equally frequent ones those that came first."""
    counts = Counter(word for _, words in lines for word in words)
    return frozenset(word for word, _ in counts.most_common(size))


@click.command(help=__doc__)
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False)
)
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--vocabulary", default=VOCABULARY_SIZE, show_default=True, type=click.IntRange(1))
@click.option("--max-documents", default=None, type=click.IntRange(1), help="The first so many.")
def main(files: tuple[Path, ...], output: Path, vocabulary: int, max_documents: int | None) -> None:
    """Convert files, and say what came out."""
    documents = list(read_documents(files))[:max_documents]
    lines = list(convert(documents))
    known = most_frequent(lines, vocabulary)
    text = render(lines, known)
    content = text.encode()
    output.write_bytes(lzma.compress(content) if output.suffix == ".xz" else content)
    num_words = sum(len(words) for _, words in lines)
    num_unknown = sum(word not in known for _, words in lines for word in words)
    click.echo(
        f"{len(documents)} documents, {num_words} words, {len(content)} bytes; "
        f"{num_unknown / max(num_words, 1):.2%} are {UNKNOWN}"
    )


if __name__ == "__main__":
    main()
