"""Whether content is as dense as random bytes, so that no model would shrink it.

Compressed and encrypted files are: each byte value is as frequent as any other, whatever came
before it, and nothing comes twice.  Each test here counts what would be there by chance and tells
how much more there is; content is dense only where all of them find next to nothing.  They look
for what a model learns while it codes (docs/experiments.md has what they cost and miss):

- bytes, and pairs of bytes, that are more frequent than others, in all of the content;
- windows of a few hundred bytes in which some values are much more frequent than others: text,
  tables, headers among what is dense;
- differences between bytes at a distance that are not as frequent as others: records, samples;
- strings that come again at any distance, found by what they begin with.

All of it is integers and a function of the content alone.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from neurocomp.codec.contract import Bytes

MIN_BYTES = 1 << 12
"""Fewer bytes are coded to see: that takes a tenth of a second."""

TRIFLE = 300
"""One in so many bytes: what promises less is not worth coding.  That is 0.3 %."""

_PAIRS_TRIFLE = 200
"""The same of what pairs promise, of which models keep a half."""

_DEVIATIONS = 6
"""Standard deviations from what is expected that are not chance any more."""

_WINDOW_BYTES = 1 << 9

_MAX_WINDOWS = 1 << 12
"""Windows that are looked at where there are fewer than four times as many, else a fourth."""

_LAG_BYTES = 1 << 15
_LAG_DEVIATIONS = 10
"""One byte in 190 that follows from the byte at that distance."""

_LAG_GAP = 1 << 21
"""Bytes for each part in which distances are looked at; there are two at least."""

_MAX_LAG = 1 << 9

_STRING_BYTES = 6
_STRING_GAP = 32
"""Of so many strings one is looked up: that which its first two bytes choose."""

_STRING_MULTIPLIER = 40503  # floor(2**16 * (sqrt(5) - 1) / 2), odd: Knuth, section 6.4
_STRING_MASK = (1 << 8 * _STRING_BYTES) - 1


class Chance(NamedTuple):
    """A chi-squared statistic next to what is expected of random bytes.

    Attributes:
        excess: how much more it is; n bytes with a small excess would take excess / 2 ln 2 bits
            less.
        deviation: the standard deviation that it has in random bytes.
        num_bytes: n.
    """

    excess: int
    deviation: int
    num_bytes: int

    def promises(self, share: int) -> bool:
        """Whether it is no chance, and would save more than one in ``share`` bytes."""
        is_certain = self.excess > _DEVIATIONS * self.deviation
        return is_certain and _bits(self.excess) * share > 8 * self.num_bytes


def is_dense(content: Bytes, before: Bytes | None = None) -> bool:
    """Return whether no model would make ``content``, bytes of shape (n,), shorter by a trifle.

    Args:
        content: the bytes.
        before: what the model has read before them, where that may come again.
    """
    if content.size < MIN_BYTES:
        return False
    windows = _windows(content)
    flat = windows.reshape(-1)
    counts = _chance(np.bincount(flat, minlength=1 << 8))
    if counts.promises(TRIFLE) or _windows_shrink(windows):
        return False
    pairs = windows[:, :-1].astype(np.uint16) << 8 | windows[:, 1:]
    if _chance(np.bincount(pairs.reshape(-1), minlength=1 << 16)).promises(_PAIRS_TRIFLE):
        return False
    return not _has_lag(content) and not _comes_again(content, before)


def _bits(excess: int) -> int:
    """Return what a small excess of chi-squared saves: excess / (2 ln 2) bits."""
    return excess * 1000 // 1386


def _chance(counts: NDArray[np.intp]) -> Chance:
    """Return how uneven ``counts``, shape (k,), are."""
    num_counted, num_kinds = int(counts.sum()), counts.size
    squares = int(np.square(counts, dtype=np.int64).sum())
    excess = squares * num_kinds // num_counted - num_counted - (num_kinds - 1)
    return Chance(excess, _deviation(num_kinds), num_counted)


def _deviation(num_kinds: int) -> int:
    """Return the standard deviation of chi-squared for so many kinds, rounded up."""
    return int(np.ceil(np.sqrt(2 * (num_kinds - 1))))


def _windows(content: Bytes) -> Bytes:
    """Return windows of ``content``, shape (windows, bytes), evenly spread."""
    num_windows = content.size // _WINDOW_BYTES
    windows = content[: num_windows * _WINDOW_BYTES].reshape(num_windows, _WINDOW_BYTES)
    gap = max(min(num_windows // _MAX_WINDOWS, 4), 1)
    return windows[::gap]


def _windows_shrink(windows: Bytes) -> bool:
    """Return whether windows whose values are far from equally frequent save more than a trifle.

    More equal than chance would have it counts as well: such bytes follow from each other.
    """
    num_windows = windows.shape[0]
    kinds = np.arange(num_windows, dtype=np.intp)[:, None] << 8 | windows
    counts = np.bincount(kinds.reshape(-1), minlength=num_windows << 8).reshape(-1, 1 << 8)
    squares = np.square(counts, dtype=np.int64).sum(axis=1)
    excess = (squares << 8) // _WINDOW_BYTES - _WINDOW_BYTES - 255
    equal = -_DEVIATIONS * _deviation(1 << 8)
    shrinking = (excess > -equal) | (excess < equal)
    beyond = np.abs(excess[shrinking]) + equal
    bits = sum(min(_bits(int(one)), 8 * _WINDOW_BYTES) for one in beyond)
    return bits * TRIFLE > 8 * windows.size


def _has_lag(content: Bytes) -> bool:
    """Return whether bytes at some distance differ by some values more often than by others."""
    num_parts = max(content.size // _LAG_GAP, 2)
    last = max(content.size - _LAG_BYTES, 0)
    for number in range(num_parts):
        start = last * number // (num_parts - 1)
        part = content[start : start + _LAG_BYTES]
        for lag in range(1, min(_MAX_LAG, part.size // 2) + 1):
            chance = _chance(np.bincount(part[lag:] - part[:-lag], minlength=1 << 8))
            if chance.excess > _LAG_DEVIATIONS * chance.deviation:
                return True
    return False


def _comes_again(content: Bytes, before: Bytes | None) -> bool:
    """Return whether enough strings of ``content`` were in it, or in ``before``, already."""
    strings = _strings(content)
    known = strings if before is None else np.concatenate([strings, np.unique(_strings(before))])
    known.sort()
    num_again = int(np.count_nonzero(known[1:] == known[:-1]))
    return num_again * _STRING_GAP * TRIFLE > content.size


def _strings(content: Bytes) -> NDArray[np.uint64]:
    """Return some of the strings of ``content``, chosen by what is in them, not by where they are.

    So copies have the same ones, at whatever distance.
    """
    if content.size < 8:
        return np.zeros(0, np.uint64)
    whole = np.ascontiguousarray(content)
    num_strings = content.size - 7
    longs = np.ndarray((num_strings,), "<u8", whole, strides=(1,))
    shorts = np.ndarray((num_strings,), "<u2", whole, strides=(1,))
    chosen = shorts * np.uint16(_STRING_MULTIPLIER) < (1 << 16) // _STRING_GAP
    return longs[chosen] & np.uint64(_STRING_MASK)
