"""Symbols as the characters and words that people read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurocomp.explain.explanation import Explanation
from neurocomp.names import printable


@dataclass(frozen=True)
class Cell:
    """A piece of one colour: a symbol, or the symbols of one character.

    Attributes:
        first: number of its first entry.
        last: number of the entry after its last.
        text: text of the cell; bytes that are not UTF-8 are escaped.
    """

    first: int
    last: int
    text: str


def cells_of(explanation: Explanation, max_entries: int) -> Iterator[Cell]:
    """Yield the cells of the first ``max_entries`` entries.

    Where symbols are not pieces of the content, each is a cell of its own.
    """
    count = min(len(explanation.entries), max_entries)
    if not explanation.has_offsets:
        for number in range(count):
            yield Cell(number, number + 1, as_text(explanation.label(number)))
        return
    offsets, content = explanation.entries.offsets[:count], explanation.content
    is_first = ~_inner_bytes(content)[offsets] if count else np.zeros(0, np.bool_)
    if count:
        is_first[0] = True
    firsts = np.flatnonzero(is_first).tolist()
    for first, last in zip(firsts, [*firsts[1:], count], strict=True):
        start = int(offsets[first])
        stop = int(offsets[last - 1] + explanation.entries.sizes[last - 1])
        yield Cell(first, last, content[start:stop].decode("utf-8", "backslashreplace"))


def _inner_bytes(content: bytes) -> NDArray[np.bool_]:
    """Return which bytes are of a character of UTF-8, but not its first."""
    inner = np.zeros(len(content), np.bool_)
    if content.isascii():
        return inner
    text = content.decode("utf-8", "surrogateescape")
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    is_byte = (codes >= 0xDC80) & (codes <= 0xDCFF)
    sizes = 1 + (codes >= 0x80) + (codes >= 0x800).astype(np.int64) + (codes >= 0x10000)
    sizes[is_byte] = 1
    starts = np.cumsum(sizes) - sizes
    inner[:] = True
    inner[starts] = False
    return inner


def visible(text: str) -> str:
    """Return text whose line ends are LF and whose control characters, but tabs, are escaped."""
    text = text.replace("\r\n", "\n")
    if text.isprintable():
        return text
    return "".join(one if one in "\n\t" else printable(one) for one in text)


def as_text(label: bytes | str) -> str:
    """Return a symbol's label as text: bytes that are not UTF-8 are escaped, words in brackets."""
    if isinstance(label, str):
        return f"<{label}>"
    return label.decode("utf-8", "backslashreplace")


def caption_symbol(explanation: Explanation, entry: int) -> str:
    """Return a symbol of a caption as text; what is not text, as its end, is a small square."""
    label = explanation.label(entry)
    return visible(as_text(label)) if isinstance(label, bytes) else "▪"
