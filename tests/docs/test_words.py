"""The words that CONTRIBUTING.md asks for, in what people read: pages, docstrings, messages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.pages import ROOT

FORBIDDEN = {
    "is no": r"(?<![Tt]here )\b(?:is|are)\sno\s(?!(?:longer|more|less|better|worse|faster)\b)",
    "anew": r"\banew\b",
    "some 60": r"\bsome\s[0-9]",
    "where it is none": r"\bwhere\sit\sis\snone\b",
    "vouched for": r"\bvouch",
}
"""What not to write, by its name in CONTRIBUTING.md."""

FOLDERS = ("neurocomp", "docs", "benchmarks", "corpora", "research", "tests")
QUOTES = ("CONTRIBUTING.md", "tests/docs/test_words.py", "tests/corpora/test_wikitext.py")
SUFFIXES = (".md", ".py", ".pyi", ".toml", ".html", ".js")


def texts() -> Iterator[Path]:
    """Yield the files that people wrote, apart from those that quote such words."""
    paths = [ROOT / "Makefile", *ROOT.glob("*.md")]
    paths += (path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.*")))
    for path in paths:
        is_text = path.suffix in SUFFIXES or path.name == "Makefile"
        if is_text and path.relative_to(ROOT).as_posix() not in QUOTES:
            yield path


@pytest.mark.parametrize("words", FORBIDDEN)
def test_what_is_not_written(words: str) -> None:
    found = []
    for path in texts():
        text = path.read_text(encoding="utf-8")
        for match in re.finditer(FORBIDDEN[words], text):
            line = text[: match.start()].count("\n") + 1
            found.append(f"{path.relative_to(ROOT)}:{line}")
    assert not found, f"{words!r}, which CONTRIBUTING.md forbids: {', '.join(found)}"


def test_the_list_is_that_of_the_guide() -> None:
    guide = " ".join((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").split())
    assert f"not {', '.join(f'*{words}*' for words in FORBIDDEN)}" in guide


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("anew", "it is made anew"),
        ("some 60", "some 60 MB"),
        ("vouched for", "a checksum vouches for it"),
        ("where it is none", "None where it is none"),
        ("is no", "this is no frame"),
    ],
)
def test_such_words_are_found(words: str, text: str) -> None:
    assert re.search(FORBIDDEN[words], text)


def test_plain_words_pass() -> None:
    assert not re.search(FORBIDDEN["is no"], "there is no index, and it is no longer written")


QUESTION = re.compile(r"^ +[\w, *]+: (?:of|whose|what|which|who|how|where|that) (?!much |many )")
"""An argument or attribute whose description is a question: "width: of the stream"."""


def described(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines of a module's docstrings that describe arguments and attributes."""
    is_listed = False
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.strip() in ("Args:", "Attributes:"):
            is_listed = True
        elif not line.strip() or line.strip() == '"""':
            is_listed = False
        elif is_listed:
            yield number, line


def test_arguments_are_named() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in sorted((ROOT / "neurocomp").rglob("*.py"))
        for number, line in described(path)
        if QUESTION.match(line)
    ]
    assert not found, f"described by a question: {', '.join(found)}"


@pytest.mark.parametrize("line", ["    width: of the stream", "    x, y: what each costs"])
def test_questions_are_found(line: str) -> None:
    assert QUESTION.match(line)
