"""Adaptive models of a grid's codes: what a prior has to beat.

Both learn while they code.  The two-dimensional model mixes predictions under ten contexts of the
neighbouring codes, bit by bit (M. Mahoney's logistic mixing, with weights chosen by the node of the
code's binary tree): the strongest of its kind that a few lines make.  Floats are fine here: the
code lengths are for comparison, and nothing is decoded by them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

NUM_CONTEXTS = 10
_TABLE_BITS = 22
_COUNT_LIMIT = 255.0
_RATE = 0.02

Grids = NDArray[np.uint16]


def unigram_bits(grids: Grids, num_codes: int, before: Grids | None = None) -> float:
    """Return the code length of all codes under adaptive counts from 1/2 on (Krichevsky-Trofimov).

    Args:
        grids: what is coded, (N, rows, columns).
        num_codes: K.
        before: grids that the counts have seen already.
    """
    counts = np.full(num_codes, 0.5)
    if before is not None:
        counts += np.bincount(before.reshape(-1), minlength=num_codes)
    bits: float = _unigram(grids.reshape(-1).astype(np.int64), counts)
    return bits


def context_bits(grids: Grids, num_codes: int, before: Grids | None = None) -> float:
    """Return the code length of all codes under the two-dimensional model; see `unigram_bits`."""
    depth = max(int(num_codes - 1).bit_length(), 1)
    state = (
        np.full((NUM_CONTEXTS, 1 << _TABLE_BITS), 0.5, np.float32),
        np.zeros((NUM_CONTEXTS, 1 << _TABLE_BITS), np.float32),
        np.full((depth, 3, 2 * NUM_CONTEXTS), 0.15),
    )
    if before is not None:
        _mixed(before.astype(np.int64), depth, *state)
    bits: float = _mixed(grids.astype(np.int64), depth, *state)
    return bits


@njit(cache=True, nogil=True)
def _unigram(codes: NDArray[np.int64], counts: NDArray[np.float64]) -> float:
    total, bits = counts.sum(), 0.0
    for code in codes:
        bits -= np.log2(counts[code] / total)
        counts[code] += 1.0
        total += 1.0
    return bits


@njit(cache=True, nogil=True)
def _hash(a: Any, b: Any, c: Any) -> Any:
    h = np.uint64(a + 1) * np.uint64(0x9E3779B97F4A7C15)
    h = (h ^ (h >> np.uint64(29))) + np.uint64(b + 1) * np.uint64(0xBF58476D1CE4E5B9)
    h = (h ^ (h >> np.uint64(31))) + np.uint64(c + 1) * np.uint64(0x94D049BB133111EB)
    return h ^ (h >> np.uint64(30))


@njit(cache=True, nogil=True)
def _mixed(
    grids: NDArray[np.int64],
    depth: int,
    shares: NDArray[np.float32],
    counts: NDArray[np.float32],
    weights: NDArray[np.float64],
) -> float:
    """Code ``grids`` and return the bits; tables and weights go on learning."""
    num_images, num_rows, num_columns = grids.shape
    contexts = np.empty(NUM_CONTEXTS, np.uint64)
    slots = np.empty(NUM_CONTEXTS, np.int64)
    inputs = np.empty(2 * NUM_CONTEXTS)
    mask = np.uint64((1 << _TABLE_BITS) - 1)
    none = np.int64(1) << depth  # beyond the edge
    bits = 0.0
    for n in range(num_images):
        grid = grids[n]
        for r in range(num_rows):
            for c in range(num_columns):
                w = grid[r, c - 1] if c else none
                ww = grid[r, c - 2] if c > 1 else none
                a = grid[r - 1, c] if r else none
                aa = grid[r - 2, c] if r > 1 else none
                nw = grid[r - 1, c - 1] if r and c else none
                ne = grid[r - 1, c + 1] if r and c + 1 < num_columns else none
                place = r * num_columns + c
                contexts[0] = _hash(0, 0, 0)
                contexts[1] = _hash(1, place, 0)
                contexts[2] = _hash(2, w, 0)
                contexts[3] = _hash(3, a, 0)
                contexts[4] = _hash(4, w, a)
                contexts[5] = _hash(5, w, a * (none + 1) + nw)
                contexts[6] = _hash(6, a, ne)
                contexts[7] = _hash(7, w, (a * (none + 1) + nw) * (none + 1) + ne)
                contexts[8] = _hash(8, w, ww)
                contexts[9] = _hash(9, a, aa)
                num_known = int(w < none) + int(a < none)
                node = np.int64(1)
                for level in range(depth):
                    bit = grid[r, c] >> (depth - 1 - level) & 1
                    chosen = weights[level, num_known]
                    total = 0.0
                    for i in range(NUM_CONTEXTS):
                        slot = (contexts[i] + np.uint64(node) * np.uint64(0xD6E8FEB86659FD93)) ^ (
                            contexts[i] >> np.uint64(17)
                        )
                        slots[i] = np.int64((slot ^ (slot >> np.uint64(32))) & mask)
                        p = shares[i, slots[i]]
                        count = counts[i, slots[i]]
                        logit = np.log(p / (1.0 - p))
                        # A share of few events says little, one of none nothing.
                        inputs[2 * i] = logit if count > 0 else 0.0
                        inputs[2 * i + 1] = (p - 0.5) * min(count, 30.0) / 4.0
                        total += chosen[2 * i] * inputs[2 * i]
                        total += chosen[2 * i + 1] * inputs[2 * i + 1]
                    p1 = 1.0 / (1.0 + np.exp(-min(max(total, -12.0), 12.0)))
                    bits -= np.log2(p1 if bit else 1.0 - p1)
                    error = (bit - p1) * _RATE
                    for i in range(2 * NUM_CONTEXTS):
                        chosen[i] += error * inputs[i]
                    for i in range(NUM_CONTEXTS):
                        count = counts[i, slots[i]]
                        rate = 1.0 / (count + 1.6)
                        p = shares[i, slots[i]]
                        p += (bit - p) * rate
                        shares[i, slots[i]] = min(max(p, 0.0005), 0.9995)
                        counts[i, slots[i]] = min(count + 1.0, _COUNT_LIMIT)
                    node = node * 2 + bit
    return bits
