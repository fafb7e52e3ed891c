"""Kinds of bytes, as people speak of text."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

KIND_NAMES = (
    "letters",
    "digits",
    "spaces",
    "line ends",
    "punctuation",
    "markup",
    "control bytes",
    "bytes beyond ASCII",
    "bytes",
)
LETTER, DIGIT, SPACE, LINE_END, PUNCTUATION, MARKUP, CONTROL, BEYOND, DATA = range(len(KIND_NAMES))

Kinds = NDArray[np.uint8]

_MARKUP = re.compile(
    rb"</?[A-Za-z!?][^<>\n]{0,400}>"  # tags
    rb"|&[A-Za-z#][A-Za-z0-9]{0,31};"  # entities
    rb"|\[\[|\]\]|\{\{|\}\}|'''?|^=+|=+$"  # a wiki's
    rb"|^#{1,6} |```|\*\*"  # Markdown's
    rb"|\\(?!u[0-9A-Fa-f]{4})[A-Za-z]{2,}",  # TeX's commands, but not JSON's characters
    re.MULTILINE,
)


def _table() -> Kinds:
    kinds = np.full(256, PUNCTUATION, np.uint8)
    kinds[:32] = CONTROL
    kinds[127] = CONTROL
    kinds[128:] = BEYOND
    for first, last, kind in (("a", "z", LETTER), ("A", "Z", LETTER), ("0", "9", DIGIT)):
        kinds[ord(first) : ord(last) + 1] = kind
    kinds[[9, 32]] = SPACE
    kinds[[10, 13]] = LINE_END
    return kinds


_KINDS = _table()
_CONTROLS_OF_DATA = 30
"""Content with a control byte among as many bytes is not text."""


def kinds_of_bytes(content: bytes) -> Kinds:
    """Return the number of each byte's kind, uint8 (n,).

    Tags and entities, with all that is in them, and the signs of wikis, Markdown and TeX are
    markup.  All bytes of content with many control bytes, which is not text, are of one kind.
    """
    kinds = _KINDS[np.frombuffer(content, np.uint8)]
    if np.count_nonzero(kinds == CONTROL) * _CONTROLS_OF_DATA > kinds.size:
        return np.full(kinds.size, DATA, np.uint8)
    for match in _MARKUP.finditer(content):
        kinds[match.start() : match.end()] = MARKUP
    return kinds


def kinds_of_pieces(content: bytes, starts: NDArray[np.int64], sizes: NDArray[np.int64]) -> Kinds:
    """Return the kind of each piece of the content: of its first byte that is not a space."""
    of_bytes = kinds_of_bytes(content)
    if not of_bytes.size:
        return np.zeros(starts.size, np.uint8)
    last = of_bytes.size - 1
    first = np.minimum(starts, last)
    begins_with_space = (of_bytes[first] == SPACE) & (sizes > 1)
    kinds: Kinds = of_bytes[np.minimum(first + begins_with_space, last)]
    return kinds
