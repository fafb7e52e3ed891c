"""An adaptive probability: 22 bits of probability and a 10-bit count in a uint32."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neurocomp.models.mix.hashing import U64
from neurocomp.models.mix.inlining import Integer, inlined
from neurocomp.models.mix.tables import RECIPROCAL

_COUNT = np.uint32(1023)


def with_counts_below(entries: NDArray[np.uint32], limit: int) -> NDArray[np.uint32]:
    """Return entries (n,) whose counts are at most ``limit``: so much quicker they learn."""
    cut: NDArray[np.uint32] = entries & ~_COUNT | np.minimum(entries & _COUNT, np.uint32(limit))
    return cut


@inlined
def probability12(entry: Integer) -> Integer:
    """Its upper 12 bits."""
    return U64(entry >> np.uint32(20))


@inlined
def learned(entry: Integer, bit: Integer, limit: Integer) -> Integer:
    """The entry after a bit: an average of all bits so far, later an exponential one.

    The probability stays in 0 .. 2**22 - 1: a step is at most 2/3 of the way to 2**22 or to 0.
    """
    probability, count = np.int64(entry) >> 10, np.int64(entry) & 1023
    probability += ((bit << 22) - probability) * np.int64(RECIPROCAL[U64(count)]) >> 16
    return np.uint32(probability << 10 | min(count + 1, limit))
