"""The commands of README and docs, and why some of them are not run.

A block of commands is fenced as ``console``, with ``$`` before each command, or as ``bash``, a
script; in the reference of commands, the examples of a help text are one.  A comment right before
it, which readers don't see, names what is not run: all of the block, or the lines that contain the
words in brackets, as in
``<!-- not run: network (models pull; models add), minutes (bench run) -->``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BY_OTHERS = ("extending.md",)
"""Pages whose commands have a test of their own."""
REASONS = {
    "network": "it fetches something, or needs what was fetched",
    "GPU": "it needs a GPU, or several",
    "cluster": "it needs other machines",
    "minutes": "it is run by `make slow`",
    "hours": "it takes hours, or longer",
    "no end": "it runs until it is stopped",
}
BLOCK = re.compile(
    r"(?:^<!-- not run: ([^\n]+) -->\n)?^```(console|bash|text)\n(.*?)^```$", re.M | re.S
)
EXAMPLES = re.compile(r"^  Examples?:\n((?: {4}.*\n)+)", re.M)
MARK = re.compile(r"([A-Za-z ]+?)(?: \(([^)]*)\))?(?:, |$)")
INDENTED = re.compile(r"^ {4}(?:\$ .*|(?:[A-Z_]+=\S+ )*(?:neurocomp|python -m) .*)$", re.M)


@dataclass(frozen=True)
class Command:
    """A command of a page.

    Attributes:
        line: as it stands there, with its comment; a script is one command of several lines.
        reason: why it is not run, one of `REASONS`; "" where it is.
    """

    line: str
    reason: str


def commands_of(page: Path) -> Iterator[Command]:
    """Yield the commands of a page, in order."""
    for mark, kind, body in BLOCK.findall(page.read_text(encoding="utf-8")):
        lines = [body] if kind == "bash" else list(READERS[kind](body))
        reasons = dict.fromkeys(lines, "")
        for reason, brackets in MARK.findall(mark):
            assert reason in REASONS, f"{page.name}: there is no reason {reason!r}"
            for words in brackets.split("; "):
                found = [line for line in lines if words in line]
                assert found, f"{page.name}: no command has {words!r}"
                reasons.update(dict.fromkeys(found, reason))
        yield from (Command(line, reasons[line]) for line in lines)


def _lines(body: str) -> Iterator[str]:
    for line in body.replace("\\\n", " ").splitlines():
        if line.startswith("$ "):
            yield line.removeprefix("$ ")


def _examples(help_text: str) -> Iterator[str]:
    """Yield the examples of a help text, without what is said to their right."""
    for paragraph in EXAMPLES.findall(help_text.replace("\\\n", " ")):
        for line in paragraph.splitlines():
            yield re.split(r"\s{2,}", line.strip())[0]


READERS = {"console": _lines, "text": _examples}


def unfenced(page: Path) -> list[str]:
    """Return commands that stand outside of fences, where nobody would run them."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    return INDENTED.findall(text)
