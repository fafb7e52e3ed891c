"""Line ends of CR LF as LF: a reversible rewriting of bytes before they become symbols.

Networks and tokenizers learn from text whose lines end in LF; a CR before each would cost more than
its own bits, because nothing was ever foreseen from a context that holds one.

The rewriting exchanges two line ends: an LF behind exactly one CR loses it, an LF behind no CR is
given one, an LF behind two and more stays.  It is its own inverse on any bytes, so lines that end
otherwise need no list: each of them costs a CR, which the model learns to expect there or not.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from neurocomp.errors import FormatError
from neurocomp.frame.constants import TRANSFORM_LINE_ENDS, TRANSFORM_NAMES
from neurocomp.transforms.base import refuse_properties

_CR, _LF = 13, 10
_PIECE_BYTES = 1 << 20  # bounds the memory of a step
_MIN_SAVED = 3  # the block's head grows by a byte or two
_MAX_LONE_SHARE = 8  # of lines that end in CR LF, one for so many may end in LF


class LineEnds:
    """The rewriting as a transform.  It must make the content shorter."""

    id = TRANSFORM_LINE_ENDS
    name = TRANSFORM_NAMES[TRANSFORM_LINE_ENDS]

    def apply(self, content: bytes) -> tuple[bytes, bytes] | None:
        """Return ``content`` with LF for CR LF where nearly all of its lines end so."""
        shortened = shorten(content)
        return None if shortened is None else (shortened, b"")

    def undo(self, rewritten: bytes, properties: bytes, limit: int) -> bytes:
        """Return the content; raises FormatError where it is not longer, or beyond ``limit``."""
        refuse_properties(self, properties)
        size = rewritten_bytes(rewritten)
        if not len(rewritten) < size <= limit:
            raise FormatError("the block's line ends don't make its size")
        return rewrite(rewritten)


def shorten(data: bytes) -> bytes | None:
    """Rewrite ``data`` where that pays: where nearly all of its lines end in CR LF.

    Returns:
        The rewritten bytes, always fewer; None where the bytes should stay as they are.
    """
    if b"\r\n" not in data:
        return None
    num_single, num_lone = count(data)
    if num_single - num_lone < _MIN_SAVED or num_lone * _MAX_LONE_SHARE > num_single:
        return None
    return rewrite(data)


def rewritten_bytes(data: bytes) -> int:
    """Return the size of what ``rewrite`` makes of ``data``."""
    num_single, num_lone = count(data)
    return len(data) - num_single + num_lone


def count(data: bytes) -> tuple[int, int]:
    """Return how many LF stand behind exactly one CR, and how many behind none."""
    num_single = num_lone = 0
    for _, single, lone in _pieces(data):
        num_single += int(np.count_nonzero(single))
        num_lone += int(np.count_nonzero(lone))
    return num_single, num_lone


def rewrite(data: bytes) -> bytes:
    """Exchange the two line ends; ``rewrite(rewrite(data)) == data``."""
    parts: list[bytes] = []
    for piece, single, lone in _pieces(data):
        repeats = np.ones(len(piece), np.uint8)
        repeats[single] = 0
        repeats[lone] = 2
        rewritten = np.repeat(piece, repeats)
        # The first copy of a doubled LF becomes its CR.
        rewritten[np.cumsum(repeats, dtype=np.int64)[lone] - 2] = _CR
        parts.append(rewritten.tobytes())
    return b"".join(parts)


def _pieces(
    data: bytes,
) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.bool_], NDArray[np.bool_]]]:
    """Yield ``data`` in pieces, uint8 (n,), and masks of two kinds of its bytes, bool (n,).

    The first tells each CR that is the only one before an LF, the second each LF behind no CR.
    """
    array = np.frombuffer(data, np.uint8)
    for start in range(0, len(array), _PIECE_BYTES):
        piece = array[start : start + _PIECE_BYTES]
        stop = start + len(piece)
        before, after = np.zeros_like(piece), np.zeros_like(piece)
        before[1:], after[:-1] = piece[:-1], piece[1:]
        before[0] = array[start - 1] if start else 0
        after[-1] = array[stop] if stop < len(array) else 0
        single = (piece == _CR) & (after == _LF) & (before != _CR)
        yield piece, single, (piece == _LF) & (before != _CR)
