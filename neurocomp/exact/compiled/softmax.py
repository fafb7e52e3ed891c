"""From integer logits straight to frequency tables."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from neurocomp.exact.frequencies import TOTAL
from neurocomp.exact.scaling import EXP2_BITS, EXP2_TABLE_BITS

_SCALE_BITS = 38


@njit(cache=True, nogil=True)
def frequencies_of_logits(
    logits: NDArray[np.int32], table: NDArray[np.int32], out: NDArray[np.int32]
) -> None:
    """Write the frequency tables (lanes, V) of logits (lanes, V) to base 2, in units of 2**-10.

    The weight of a symbol is ``table[d % 1024] >> (d >> 10)``, d being the distance of its logit
    to the largest; ``frequencies.quantise_row`` says what becomes of weights.  The division there
    is done by a reciprocal: weights of at most 2**30 sum to 2**30 or more, so that with
    ``r = (spread << 38) // total < 2**32`` the quotient ``weight * r >> 38`` is the true one or
    one less, and comparing the remainder settles which.
    """
    num_symbols = logits.shape[1]
    spread = np.int64(TOTAL - num_symbols)
    mask = (1 << EXP2_BITS) - 1
    for lane in range(logits.shape[0]):
        row, target = logits[lane], out[lane]
        best = np.int64(row[0])
        first_best = 0
        for i in range(num_symbols):
            if row[i] > best:
                best = np.int64(row[i])
                first_best = i
        total = np.int64(0)
        for i in range(num_symbols):
            distance = best - row[i]
            octaves = min(distance >> EXP2_BITS, np.int64(EXP2_TABLE_BITS + 1))
            weight = np.int32(table[distance & mask] >> octaves)
            target[i] = weight
            total += weight
        reciprocal = (spread << _SCALE_BITS) // total
        used = np.int64(0)
        for i in range(num_symbols):
            wide = np.int64(target[i])
            quotient = (wide * reciprocal) >> _SCALE_BITS
            quotient += wide * spread - quotient * total >= total
            target[i] = 1 + quotient
            used += 1 + quotient
        target[first_best] += TOTAL - used
