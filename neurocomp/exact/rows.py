"""Frequency quantisation of a row, for compiled kernels to call."""

from __future__ import annotations

import numpy as np
from numba import njit

from neurocomp.exact.frequencies import TOTAL, Frequencies, Weights

_WEIGHT_BITS = 38


@njit(cache=True, nogil=True)
def quantise_row(weights: Weights, out: Frequencies) -> None:
    """Write the frequency table of one lane's ``weights`` (V,) to ``out`` (V,).

    ``out[i] = 1 + weights[i] * (TOTAL - V) // sum(weights)``; what flooring leaves over goes to
    the first symbol of the largest weight.  The caller guarantees 0 <= weights < WEIGHT_LIMIT,
    a positive sum, and V <= MAX_ALPHABET_SIZE.

    The division is done by a reciprocal, ``r = (spread << 38) // total``: as no weight exceeds
    2**38 or the total, ``weight * r`` is below 2**62, and ``weight * r >> 38`` is the quotient or
    one less, which comparing the remainder settles.
    """
    size = weights.shape[0]
    total = np.int64(0)
    best = 0
    largest = weights[0]
    for i in range(size):
        total += weights[i]
        if weights[i] > largest:
            largest = weights[i]
            best = i
    spread = np.int64(TOTAL - size)
    reciprocal = (spread << _WEIGHT_BITS) // total
    used = np.int64(0)
    for i in range(size):
        weight = weights[i]
        quotient = (weight * reciprocal) >> _WEIGHT_BITS
        quotient += weight * spread - quotient * total >= total
        out[i] = 1 + quotient
        used += 1 + quotient
    out[best] += TOTAL - used
