"""Products of quantised rows with 8-bit weights, scaled back to fixed point."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from neurocomp.exact.compiled.tiles import CHUNK, TILE_COLUMNS, tile_of_one, tile_of_two

_ROW_BLOCK = 64


def pad_columns(array: NDArray[np.int8]) -> NDArray[np.int8]:
    """Return ``array`` (N, K) with zeros up to multiples of 4 rows and 16 columns."""
    rows, columns = array.shape
    padding = (0, -rows % TILE_COLUMNS), (0, -columns % CHUNK)
    return np.ascontiguousarray(np.pad(array, padding) if padding != ((0, 0), (0, 0)) else array)


@njit(cache=True, nogil=True)
def scale_sum(total: np.int64, factor: np.int64, shift: np.int64) -> np.int64:
    """Return ``total * factor`` shifted right by ``shift`` (1 and more), rounded half up.

    Shifts beyond 62 give what 62 gives, nearly nothing.
    """
    shift = min(shift, np.int64(62))
    return (np.int64(total) * factor + (np.int64(1) << (shift - 1))) >> shift


@njit(cache=True, nogil=True)
def apply_linear(
    rows: NDArray[np.int16],
    mantissas: NDArray[np.int64],
    exponents: NDArray[np.int64],
    weight: NDArray[np.int8],
    multiplier: NDArray[np.int64],
    bias: NDArray[np.int32],
    shift: int,
    clip: int,
    out: NDArray[np.int32],
) -> None:
    """Write the layer's outputs (M, N) for rows (M, K') and padded weights (N', K')."""
    num_rows, size = rows.shape
    num_columns = out.shape[1]
    tile = np.empty((2, TILE_COLUMNS), np.int32)
    tile_address = tile.ctypes.data
    row_address, weight_address = rows.ctypes.data, weight.ctypes.data
    for first in range(0, num_rows, _ROW_BLOCK):
        last = min(first + _ROW_BLOCK, num_rows)
        for n in range(0, num_columns, TILE_COLUMNS):
            width = min(TILE_COLUMNS, num_columns - n)
            m = first
            while m < last:
                height = 2 if m + 1 < last else 1
                left, right = row_address + 2 * m * size, weight_address + n * size
                if height == 2:
                    tile_of_two(left, right, size, tile_address)
                else:
                    tile_of_one(left, right, size, tile_address)
                for i in range(height):
                    for j in range(width):
                        factor = mantissas[m + i] * multiplier[n + j]
                        value = scale_sum(tile[i, j], factor, shift - exponents[m + i])
                        value += bias[n + j]
                        out[m + i, n + j] = min(max(value, -clip), clip)
                m += height


@njit(cache=True, nogil=True)
def scale_sums(
    sums: NDArray[np.int32],
    mantissas: NDArray[np.int64],
    exponents: NDArray[np.int64],
    multiplier: NDArray[np.int64],
    bias: NDArray[np.int32],
    shift: int,
    clip: int,
    out: NDArray[np.int32],
) -> None:
    """Write the layer's outputs (M, N) for sums (M, N) that another library multiplied."""
    for m in range(out.shape[0]):
        for n in range(out.shape[1]):
            factor = mantissas[m] * multiplier[n]
            value = scale_sum(sums[m, n], factor, shift - exponents[m]) + bias[n]
            out[m, n] = min(max(value, -clip), clip)
