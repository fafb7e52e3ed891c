"""Elementwise steps of a recurrent network."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from neurocomp.exact.tables import GATE_BITS, INPUT_BITS, OUTPUT_BITS, STATE_BITS, TABLE_SIZE

_HALF_TABLE = np.int32(TABLE_SIZE // 2)


@njit(cache=True, nogil=True)
def recur(
    states: NDArray[np.int32],
    gates: NDArray[np.int32],
    candidates: NDArray[np.int32],
    table: NDArray[np.int32],
) -> None:
    """Move states (M, K) towards candidates (M, K) by the shares of the gates (M, K)."""
    for m in range(states.shape[0]):
        for k in range(states.shape[1]):
            gate = min(max(gates[m, k], -_HALF_TABLE), np.int32(_HALF_TABLE - 1))
            share = np.int64(table[gate + _HALF_TABLE])
            candidate = np.int64(candidates[m, k]) << (STATE_BITS - INPUT_BITS)
            step = share * (candidate - np.int64(states[m, k]))
            states[m, k] += np.int32((step + (1 << (GATE_BITS - 1))) >> GATE_BITS)


@njit(cache=True, nogil=True)
def square(values: NDArray[np.int32], clip: int) -> None:
    """Replace values (M, K), in units of 2**-12, by the squares of what is positive."""
    for m in range(values.shape[0]):
        for k in range(values.shape[1]):
            positive = min(max(np.int64(values[m, k]), np.int64(0)), np.int64(clip))
            squared = (positive * positive + (1 << (OUTPUT_BITS - 1))) >> OUTPUT_BITS
            values[m, k] = np.int32(squared)
