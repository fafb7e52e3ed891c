"""Row by row: normalise, quantise, look up, rotate."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from neurocomp.exact.scaling import MANTISSA_BITS, RECIPROCAL_BITS
from neurocomp.exact.tables import INPUT_BITS, OUTPUT_BITS, TABLE_SIZE

_HALF = np.int64(1) << (RECIPROCAL_BITS - 1)


@njit(cache=True, nogil=True)
def clamp(value: np.int64, limit: np.int64) -> np.int64:
    """Return ``value``, or the nearer end of [-limit, limit]."""
    return min(max(value, -limit), limit)


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


@njit(cache=True, nogil=True)
def quantise_rows(
    values: NDArray[np.int32],
    gain: NDArray[np.int32],
    limit: int,
    out: NDArray[np.int16],
    mantissas: NDArray[np.int64],
    exponents: NDArray[np.int64],
) -> None:
    """Write rows of ``values * gain`` (M, K) as integers up to ``limit`` and their scales."""
    num_columns = values.shape[1]
    for m in range(values.shape[0]):
        largest = np.int64(0)
        for k in range(num_columns):
            largest = max(largest, abs(np.int64(values[m, k]) * gain[k]))
        mantissa, exponent = row_scale(largest)
        reciprocal = (np.int64(limit) << RECIPROCAL_BITS) // (mantissa << exponent)
        for k in range(num_columns):
            value = np.int64(values[m, k]) * gain[k]
            out[m, k] = (value * reciprocal + _HALF) >> RECIPROCAL_BITS
        mantissas[m] = mantissa
        exponents[m] = exponent


@njit(cache=True, nogil=True)
def centre_rows(values: NDArray[np.int32], out: NDArray[np.int32]) -> None:
    """Write ``values`` (M, K) less the rounded mean of their row."""
    width = np.int64(values.shape[1])
    for m in range(values.shape[0]):
        total = np.int64(0)
        for k in range(width):
            total += values[m, k]
        mean = (2 * total + width) // (2 * width)
        for k in range(width):
            out[m, k] = values[m, k] - mean


@njit(cache=True, nogil=True)
def divide_by_norms(
    values: NDArray[np.int32],
    epsilon: int,
    mantissas: NDArray[np.int64],
    exponents: NDArray[np.int64],
) -> None:
    """Divide row scales (M,) by sqrt(sum of squares + epsilon) of the rows of values (M, K)."""
    for m in range(values.shape[0]):
        square = np.int64(epsilon)
        for k in range(values.shape[1]):
            square += np.int64(values[m, k]) * np.int64(values[m, k])
        doublings = (62 - bit_length(square)) // 2
        root = integer_root(square << (2 * doublings))
        quotient = (mantissas[m] << RECIPROCAL_BITS) // root
        excess = max(bit_length(quotient) - MANTISSA_BITS, np.int64(0))
        half = (np.int64(1) << excess) >> 1
        mantissas[m] = (quotient + half) >> excess
        exponents[m] += doublings + excess - RECIPROCAL_BITS


@njit(cache=True, nogil=True)
def activate_rows(values: NDArray[np.int32], table: NDArray[np.int32], saturates: bool) -> None:
    """Replace ``values`` (M, K) in units of 2**-10 by the function's, in units of 2**-12."""
    half = TABLE_SIZE // 2
    for m in range(values.shape[0]):
        for k in range(values.shape[1]):
            value = values[m, k]
            if value >= half:
                right = np.int32(1 << OUTPUT_BITS)
                if not saturates:
                    right = np.int32(value << (OUTPUT_BITS - INPUT_BITS))
                values[m, k] = right
            elif value < -half:
                values[m, k] = 0
            else:
                values[m, k] = table[value + half]


@njit(cache=True, nogil=True)
def gate_rows(gates: NDArray[np.int32], values: NDArray[np.int32], clip: int) -> None:
    """Replace gates (M, K), in units of 2**-12, by their products with values (M, K)."""
    for m in range(values.shape[0]):
        for k in range(values.shape[1]):
            product = np.int64(gates[m, k]) * np.int64(values[m, k])
            product = (product + (1 << (OUTPUT_BITS - 1))) >> OUTPUT_BITS
            gates[m, k] = clamp(product, np.int64(clip))


@njit(cache=True, nogil=True)
def rotate_rows(
    values: NDArray[np.int32],
    head_width: int,
    cosines: NDArray[np.int16],
    sines: NDArray[np.int16],
    start: int,
    num_steps: int,
) -> None:
    """Rotate pairs (i, i + head_width / 2) of each head of values (lanes * steps, K)."""
    half = head_width // 2
    for m in range(values.shape[0]):
        position = start + m % num_steps
        for head in range(0, values.shape[1], head_width):
            for i in range(head, head + half):
                c = np.int64(cosines[position, i - head])
                s = np.int64(sines[position, i - head])
                x, y = np.int64(values[m, i]), np.int64(values[m, i + half])
                values[m, i] = (x * c - y * s + (1 << 13)) >> 14
                values[m, i + half] = (y * c + x * s + (1 << 13)) >> 14


@njit(cache=True, nogil=True)
def add_rows(values: NDArray[np.int32], increments: NDArray[np.int32], clip: int) -> None:
    """Add ``increments`` to ``values``, both (M, K), and clamp to [-clip, clip]."""
    for m in range(values.shape[0]):
        for k in range(values.shape[1]):
            total = np.int64(values[m, k]) + np.int64(increments[m, k])
            values[m, k] = clamp(total, np.int64(clip))
