"""Causal attention of integer queries over an integer cache."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from neurocomp.exact.compiled.linear import scale_sum
from neurocomp.exact.compiled.rows import row_scale
from neurocomp.exact.scaling import (
    ATTENTION_ONE,
    ATTENTION_WEIGHT_BITS,
    EXP2_BITS,
    EXP2_TABLE_BITS,
    KEY_LIMIT,
    RECIPROCAL_BITS,
    SHARE_BITS,
)

_HALF = np.int64(1) << (RECIPROCAL_BITS - 1)


@njit(cache=True, nogil=True)
def store_heads(values: NDArray[np.int32], start: int, cache: NDArray[np.int16]) -> None:
    """Put values (lanes * steps, K) at ``start`` of a cache (lanes, heads, T, width)."""
    num_lanes, num_heads, _, width = cache.shape
    num_steps = values.shape[0] // num_lanes
    for m in range(values.shape[0]):
        lane, position = m // num_steps, start + m % num_steps
        for head in range(num_heads):
            for i in range(width):
                value = values[m, head * width + i]
                cache[lane, head, position, i] = min(max(value, -KEY_LIMIT), KEY_LIMIT)


@njit(cache=True, nogil=True)
def _quantise_query(
    values: NDArray[np.int32], limit: int, out: NDArray[np.int16]
) -> tuple[np.int64, np.int64]:
    largest = np.int64(0)
    for i in range(values.shape[0]):
        largest = max(largest, abs(np.int64(values[i])))
    mantissa, exponent = row_scale(largest)
    reciprocal = (np.int64(limit) << RECIPROCAL_BITS) // (mantissa << exponent)
    for i in range(values.shape[0]):
        out[i] = (np.int64(values[i]) * reciprocal + _HALF) >> RECIPROCAL_BITS
    return mantissa, exponent


@njit(cache=True, nogil=True)
def _scores(query: NDArray[np.int16], keys: NDArray[np.int16], out: NDArray[np.int32]) -> np.int32:
    """Write the products of ``query`` (width,) with ``keys`` (T, width); return the largest."""
    best = np.int32(-(2**31))
    for t in range(keys.shape[0]):
        total = np.int32(0)
        for i in range(query.shape[0]):
            total = np.int32(total + np.int32(np.int32(query[i]) * np.int32(keys[t, i])))
        out[t] = total
        best = max(best, total)
    return best


@njit(cache=True, nogil=True)
def _weights(
    scores: NDArray[np.int32],
    best: np.int32,
    factor: np.int64,
    shift: np.int64,
    table: NDArray[np.int32],
) -> None:
    """Replace scores (T,) by weights that sum to about 32,767."""
    total = np.int64(0)
    for t in range(scores.shape[0]):
        distance = scale_sum(np.int64(best) - np.int64(scores[t]), factor, shift)
        octaves = distance >> EXP2_BITS
        weight = np.int32(0)
        if octaves <= ATTENTION_WEIGHT_BITS:
            fraction = table[distance & ((1 << EXP2_BITS) - 1)]
            weight = np.int32(fraction >> (octaves + EXP2_TABLE_BITS - ATTENTION_WEIGHT_BITS))
        scores[t] = weight
        total += weight
    reciprocal = (np.int64(ATTENTION_ONE) << SHARE_BITS) // total
    for t in range(scores.shape[0]):
        share = np.int64(scores[t]) * reciprocal + (np.int64(1) << (SHARE_BITS - 1))
        scores[t] = np.int32(share >> SHARE_BITS)


@njit(cache=True, nogil=True)
def _mix(weights: NDArray[np.int32], values: NDArray[np.int16], out: NDArray[np.int32]) -> None:
    """Write the sum of values (T, width) times weights (T,)."""
    out[:] = 0
    num_positions, width = values.shape
    whole = num_positions - num_positions % 4
    for t in range(0, whole, 4):
        a, b = np.int16(weights[t]), np.int16(weights[t + 1])
        c, d = np.int16(weights[t + 2]), np.int16(weights[t + 3])
        if (a | b | c | d) == 0:
            continue
        for i in range(width):
            first = np.int32(np.int32(a) * np.int32(values[t, i]))
            second = np.int32(np.int32(b) * np.int32(values[t + 1, i]))
            third = np.int32(np.int32(c) * np.int32(values[t + 2, i]))
            fourth = np.int32(np.int32(d) * np.int32(values[t + 3, i]))
            out[i] = np.int32(out[i] + np.int32(np.int32(first + second) + (third + fourth)))
    for t in range(whole, num_positions):
        for i in range(width):
            out[i] = np.int32(out[i] + np.int32(weights[t] * np.int32(values[t, i])))


@njit(cache=True, nogil=True)
def attend(
    queries: NDArray[np.int32],
    keys: NDArray[np.int16],
    values: NDArray[np.int16],
    start: int,
    query_limit: int,
    multiplier: int,
    shift: int,
    table: NDArray[np.int32],
    out: NDArray[np.int32],
) -> None:
    """Write attention's outputs (lanes * steps, heads * width) for queries of that shape.

    Keys and values are caches (lanes, key heads, T, width) that hold the steps from ``start`` on
    already; a step sees those up to its own.
    """
    num_lanes, num_key_heads, context, width = keys.shape
    num_steps = queries.shape[0] // num_lanes
    num_heads = queries.shape[1] // width
    group = num_heads // num_key_heads
    query = np.empty(width, np.int16)
    scores = np.empty(context, np.int32)
    for m in range(queries.shape[0]):
        lane = m // num_steps
        length = start + m % num_steps + 1
        for head in range(num_heads):
            columns = slice(head * width, (head + 1) * width)
            mantissa, exponent = _quantise_query(queries[m, columns], query_limit, query)
            head_keys = keys[lane, head // group, :length]
            best = _scores(query, head_keys, scores[:length])
            _weights(scores[:length], best, mantissa * multiplier, shift - exponent, table)
            _mix(scores[:length], values[lane, head // group, :length], out[m, columns])


@njit(cache=True, nogil=True)
def attend_to(
    queries: NDArray[np.int32],
    keys: NDArray[np.int16],
    values: NDArray[np.int16],
    start: int,
    query_limit: int,
    multiplier: int,
    shift: int,
    table: NDArray[np.int32],
    bounds: NDArray[np.int32],
    positions: NDArray[np.int32],
    out: NDArray[np.int32],
) -> None:
    """Do what ``attend`` does for steps that see ``positions[bounds[t] : bounds[t + 1]]`` only."""
    num_lanes, num_key_heads, context, width = keys.shape
    num_steps = queries.shape[0] // num_lanes
    num_heads = queries.shape[1] // width
    group = num_heads // num_key_heads
    query = np.empty(width, np.int16)
    scores = np.empty(context, np.int32)
    near_keys = np.empty((context, width), np.int16)
    near_values = np.empty((context, width), np.int16)
    for m in range(queries.shape[0]):
        lane, step = m // num_steps, start + m % num_steps
        seen = positions[bounds[step] : bounds[step + 1]]
        length = seen.shape[0]
        for head in range(num_heads):
            columns = slice(head * width, (head + 1) * width)
            mantissa, exponent = _quantise_query(queries[m, columns], query_limit, query)
            for t in range(length):
                near_keys[t] = keys[lane, head // group, seen[t]]
                near_values[t] = values[lane, head // group, seen[t]]
            best = _scores(query, near_keys[:length], scores[:length])
            _weights(scores[:length], best, mantissa * multiplier, shift - exponent, table)
            _mix(scores[:length], near_values[:length], out[m, columns])
