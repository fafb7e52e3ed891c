"""Layers on a few rows, in place of the engine's operations where every microsecond counts.

The same integers as ``engine.py`` gives, for 8-bit activations and norms without gains; see there
and in ``neurocomp.exact`` for what is computed.  Loops are over contiguous memory and 64-bit
values, which compilers turn into vector code.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from neurocomp.exact.compiled.linear import scale_sum
from neurocomp.exact.compiled.packed import OFFSET, multiply
from neurocomp.exact.compiled.rows import bit_length, integer_root, row_scale
from neurocomp.exact.scaling import MANTISSA_BITS, NARROW_LIMIT, RECIPROCAL_BITS

_HALF = np.int64(1) << (RECIPROCAL_BITS - 1)


@njit(cache=True, nogil=True)
def narrow_row(values: NDArray[np.int32], out: NDArray[np.uint8]) -> tuple[np.int64, np.int64]:
    """Write values (K,) as 8-bit integers with the offset; return their mantissa and exponent."""
    largest = np.int32(0)
    for k in range(values.shape[0]):
        largest = max(largest, np.int32(abs(values[k])))
    mantissa, exponent = row_scale(np.int64(largest))
    reciprocal = (np.int64(NARROW_LIMIT) << RECIPROCAL_BITS) // (mantissa << exponent)
    for k in range(values.shape[0]):
        scaled = (np.int64(values[k]) * reciprocal + _HALF) >> RECIPROCAL_BITS
        out[k] = np.uint8(scaled + OFFSET)
    return mantissa, exponent


@njit(cache=True, nogil=True)
def normal_row(
    values: NDArray[np.int32], epsilon: int, out: NDArray[np.uint8]
) -> tuple[np.int64, np.int64]:
    """Do the same for values (K,) divided by their root mean square."""
    mantissa, exponent = narrow_row(values, out)
    square = np.int64(epsilon)
    for k in range(values.shape[0]):
        square += np.int64(values[k]) * np.int64(values[k])
    doublings = (np.int64(62) - bit_length(square)) // 2
    root = integer_root(square << (2 * doublings))
    quotient = (mantissa << RECIPROCAL_BITS) // root
    excess = max(bit_length(quotient) - MANTISSA_BITS, np.int64(0))
    half = (np.int64(1) << excess) >> 1
    return (quotient + half) >> excess, exponent + doublings + excess - RECIPROCAL_BITS


@njit(cache=True, nogil=True)
def scaled_products(
    rows: NDArray[np.uint8],
    mantissas: NDArray[np.int64],
    exponents: NDArray[np.int64],
    weight: NDArray[np.int8],
    offsets: NDArray[np.int32],
    multiplier: NDArray[np.int64],
    bias: NDArray[np.int32],
    shift: int,
    clip: int,
    out: NDArray[np.int32],
) -> None:
    """Write a layer's outputs (M, N) for uint8 rows (M, K) and packed weights.

    N is of whole strips.
    """
    multiply(rows, weight, out)
    limit = np.int64(clip)
    for m in range(rows.shape[0]):
        mantissa, away = mantissas[m], np.int64(shift) - exponents[m]
        line = out[m]
        for n in range(line.shape[0]):
            total = np.int64(line[n] - offsets[n])
            value = scale_sum(total, mantissa * multiplier[n], away) + np.int64(bias[n])
            line[n] = np.int32(min(max(value, -limit), limit))
