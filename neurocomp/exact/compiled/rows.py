"""Scales of rows, as the byte network's steps compute them."""

from __future__ import annotations

import numpy as np
from numba import njit

from neurocomp.exact.scaling import MANTISSA_BITS


@njit(cache=True, nogil=True)
def bit_length(value: np.int64) -> np.int64:
    """Return the number of binary digits of ``value`` >= 0."""
    length = np.int64(0)
    while value > 0:
        value >>= 1
        length += 1
    return length


@njit(cache=True, nogil=True)
def integer_root(value: np.int64) -> np.int64:
    """Return floor(sqrt(value)) for 2**60 <= value < 2**62, by Newton's method from above."""
    root = np.int64(1) << 31
    while True:
        better = (root + value // root) >> 1
        if better >= root:
            return root
        root = better


@njit(cache=True, nogil=True)
def row_scale(largest: np.int64) -> tuple[np.int64, np.int64]:
    """Return mantissa m <= 2**15 and exponent e with m * 2**e >= ``largest``."""
    exponent = max(bit_length(largest) - MANTISSA_BITS, np.int64(0))
    return (largest >> exponent) + 1, exponent
