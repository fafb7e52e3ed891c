"""Attention over a sliding window on tensors: the twin of ``core/src/exact/window_impl.hpp``."""

from __future__ import annotations

import torch
from torch import Tensor

from neurocomp.exact.scaling import (
    ATTENTION_ONE,
    ATTENTION_WEIGHT_BITS,
    BYTE_LIMIT,
    EXP2_BITS,
    EXP2_TABLE_BITS,
    KEY_LIMIT,
    MIX_BITS,
    MIX_SHARE_BITS,
    MIX_TOTAL_BITS,
    RECIPROCAL_BITS,
    SCORE_SHIFT,
)
from neurocomp.exact.tensors.operations import bit_length, divide, row_scale, scale_sums
from neurocomp.exact.window import Window, WindowAttention

Bytes = tuple[Tensor, Tensor]
"""Keys or values of 8 bits, (lanes, key heads, slots, width), and a scale for each vector."""

_LOWEST = -(1 << 31)
_HALF = 1 << (RECIPROCAL_BITS - 1)


def store(values: Tensor, start: int, window: Window, cache: Bytes) -> None:
    """Keep keys or values (lanes * steps, key heads * width) of the steps from ``start`` on."""
    kept, scales = cache
    num_lanes, num_heads, _, width = kept.shape
    heads = values.to(torch.int64).clamp(-KEY_LIMIT, KEY_LIMIT)
    heads = heads.view(num_lanes, -1, num_heads, width).transpose(1, 2)
    largest = heads.abs().amax(3, keepdim=True) + 1
    reciprocals = divide(BYTE_LIMIT << RECIPROCAL_BITS, largest)
    rounded = torch.bitwise_right_shift(heads * reciprocals + _HALF, RECIPROCAL_BITS)
    positions = torch.arange(start, start + heads.shape[2], device=kept.device)
    slots = _slots(positions, window)
    kept[:, :, slots] = rounded.to(torch.int8)
    scales[:, :, slots] = largest[..., 0].to(torch.int32)


def attend(
    attention: WindowAttention,
    table: Tensor,
    queries: tuple[Tensor, Tensor],
    keys: Bytes,
    values: Bytes,
    start: int,
    window: Window,
) -> Tensor:
    """Return outputs (lanes * steps, heads * width) for two rotations of queries of that shape.

    Products are taken in float64 of integers: they stay below 2**31, so they are exact in any
    order.  The second rotation of the queries is for the sinks.
    """
    num_lanes, num_key_heads, num_slots, width = keys[0].shape
    group = attention.num_heads // num_key_heads
    shape = num_lanes, -1, num_key_heads, group, width
    # (lanes, key heads, group, steps, width)
    near, far = (one.to(torch.int64).view(shape).permute(0, 2, 3, 1, 4) for one in queries)
    largest = torch.maximum(near.abs().amax(4, True), far.abs().amax(4, True))
    mantissas, exponents = row_scale(largest)
    reciprocals = divide(
        attention.query_limit << RECIPROCAL_BITS, torch.bitwise_left_shift(mantissas, exponents)
    )
    past, scales = keys[0][:, :, None].to(torch.float64), keys[1][:, :, None, None]
    near, far = (
        torch.bitwise_right_shift(one * reciprocals + _HALF, RECIPROCAL_BITS).to(torch.float64)
        for one in (near, far)
    )
    num_sinks = window.num_sinks
    products = torch.cat(
        [
            far @ past[..., :num_sinks, :].transpose(3, 4),
            near @ past[..., num_sinks:, :].transpose(3, 4),
        ],
        4,
    ).to(torch.int64)
    scores = torch.bitwise_right_shift(
        products * scales.to(torch.int64) + (1 << (SCORE_SHIFT - 1)), SCORE_SHIFT
    )
    is_hidden = ~_visible(near.shape[3], start, window, num_slots).to(scores.device)
    best = scores.masked_fill(is_hidden, _LOWEST).amax(4, keepdim=True)
    distances = (best - scores).masked_fill(is_hidden, 0)
    distances = scale_sums(distances, mantissas * attention.multiplier, attention.shift - exponents)
    octaves = torch.bitwise_right_shift(distances, EXP2_BITS)
    is_hidden = is_hidden | (octaves > ATTENTION_WEIGHT_BITS)
    fractions = table[torch.bitwise_and(distances, (1 << EXP2_BITS) - 1)]
    shifts = octaves.clamp(max=ATTENTION_WEIGHT_BITS) + (EXP2_TABLE_BITS - ATTENTION_WEIGHT_BITS)
    weights = torch.bitwise_right_shift(fractions, shifts).masked_fill(is_hidden, 0)
    factors = weights * values[1][:, :, None, None].to(torch.int64)
    excess = torch.maximum(
        bit_length(factors.amax(4, keepdim=True)) - MIX_BITS,
        bit_length(factors.sum(4, keepdim=True)) - MIX_TOTAL_BITS,
    ).clamp(min=0)
    half = torch.bitwise_right_shift(torch.bitwise_left_shift(torch.ones_like(excess), excess), 1)
    factors = torch.bitwise_right_shift(factors + half, excess).clamp(max=(1 << MIX_BITS) - 1)
    mixed = factors.to(torch.float64) @ values[0][:, :, None].to(torch.float64)
    divisors = BYTE_LIMIT * weights.sum(4, keepdim=True)
    shares = divide(ATTENTION_ONE << MIX_SHARE_BITS, divisors)
    outputs = scale_sums(mixed.to(torch.int64), shares, MIX_SHARE_BITS - excess)
    return outputs.to(torch.int32).permute(0, 3, 1, 2, 4).reshape(queries[0].shape)


def _slots(positions: Tensor, window: Window) -> Tensor:
    ring = window.num_slots - window.num_sinks
    turning = window.num_sinks + (positions - window.num_sinks) % ring
    return torch.where(positions < window.num_sinks, positions, turning)


def _visible(num_steps: int, start: int, window: Window, num_slots: int) -> Tensor:
    """Return which slots each step sees, bool (steps, slots)."""
    visible = torch.zeros(num_steps, num_slots, dtype=torch.bool)
    for step in range(num_steps):
        position = start + step
        first = max(position - window.length + window.num_sinks + 1, window.num_sinks)
        sinks = torch.arange(min(position + 1, window.num_sinks))
        visible[
            step, _slots(torch.cat([sinks, torch.arange(first, max(position + 1, first))]), window)
        ] = True
    return visible
