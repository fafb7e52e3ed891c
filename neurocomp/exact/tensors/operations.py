"""The torch engine's operations on int64 tensors: integer functions, attention."""

from __future__ import annotations

import torch
from torch import Tensor

from neurocomp.exact.attention import Attention
from neurocomp.exact.scaling import (
    ATTENTION_ONE,
    ATTENTION_WEIGHT_BITS,
    EXP2_BITS,
    EXP2_TABLE_BITS,
    MANTISSA_BITS,
    RECIPROCAL_BITS,
    SHARE_BITS,
)


def bit_length(values: Tensor) -> Tensor:
    """Return the numbers of binary digits of int64 ``values`` >= 0."""
    length = torch.zeros_like(values)
    for step in (32, 16, 8, 4, 2, 1):
        is_long = values >= (1 << step)
        length += is_long * step
        values = torch.where(is_long, torch.bitwise_right_shift(values, step), values)
    return length + values


def integer_root(values: Tensor) -> Tensor:
    """Return floor(sqrt(values)) for int64 2**60 <= values < 2**62.

    The seed is a float's root, whatever its rounding; the correction is in integers.
    """
    root = values.to(torch.float64).sqrt().to(torch.int64)
    for _ in range(2):
        root = root - (root * root > values).to(torch.int64)
    for _ in range(2):
        root = root + ((root + 1) * (root + 1) <= values).to(torch.int64)
    return root


def row_scale(largest: Tensor) -> tuple[Tensor, Tensor]:
    """Return mantissas m <= 2**15 and exponents e with m * 2**e >= ``largest``, elementwise."""
    exponents = (bit_length(largest) - MANTISSA_BITS).clamp(min=0)
    return torch.bitwise_right_shift(largest, exponents) + 1, exponents


def scale_sums(sums: Tensor, factors: Tensor, shifts: Tensor) -> Tensor:
    """Return ``sums * factors`` shifted right by ``shifts``, rounded half up, all int64."""
    shifts = shifts.clamp(max=62)
    half = torch.bitwise_left_shift(torch.ones_like(shifts), shifts - 1)
    return torch.bitwise_right_shift(sums * factors + half, shifts)


def divide(values: Tensor | int, by: Tensor) -> Tensor:
    """Return the floors of ``values / by``, int64."""
    if isinstance(values, int):
        values = torch.full_like(by, values)
    return torch.div(values, by, rounding_mode="floor")


def attend(
    attention: Attention,
    table: Tensor,
    queries: Tensor,
    keys: Tensor,
    values: Tensor,
    start: int,
    hidden: Tensor | None = None,
) -> Tensor:
    """Return outputs (lanes * steps, heads * width) for queries of that shape.

    Products are taken in float64 of integers: they stay below 2**31, so they are exact in any
    order.  Caches are (lanes, key heads, T, width), int16; ``hidden`` is bool (T, T), true where a
    step doesn't see a position, or None where it sees all up to its own.
    """
    num_lanes, width = keys.shape[0], attention.head_width
    group = attention.num_heads // attention.num_key_heads
    # (lanes, key heads, group, steps, width)
    heads = queries.to(torch.int64).view(num_lanes, -1, attention.num_key_heads, group, width)
    heads = heads.permute(0, 2, 3, 1, 4)
    num_steps = heads.shape[3]
    length = start + num_steps
    quantised, mantissas, exponents = _quantise(heads, attention.query_limit)
    past_keys = keys[:, :, None, :length].to(torch.float64)  # (lanes, key heads, 1, T, width)
    past_values = values[:, :, None, :length].to(torch.float64)
    scores = (quantised.to(torch.float64) @ past_keys.transpose(3, 4)).to(torch.int64)
    steps = torch.arange(num_steps, device=scores.device)[:, None] + start
    is_hidden = torch.arange(length, device=scores.device)[None] > steps  # (steps, T)
    if hidden is not None:
        is_hidden = hidden[start:length, :length]
    lowest = -(1 << 31)
    best = scores.masked_fill(is_hidden, lowest).amax(4, keepdim=True)
    distances = (best - scores).masked_fill(is_hidden, 0)
    distances = scale_sums(distances, mantissas * attention.multiplier, attention.shift - exponents)
    octaves = torch.bitwise_right_shift(distances, EXP2_BITS)
    is_hidden = is_hidden | (octaves > ATTENTION_WEIGHT_BITS)
    fractions = table[torch.bitwise_and(distances, (1 << EXP2_BITS) - 1)]
    shifts = octaves.clamp(max=ATTENTION_WEIGHT_BITS) + (EXP2_TABLE_BITS - ATTENTION_WEIGHT_BITS)
    weights = torch.bitwise_right_shift(fractions, shifts).masked_fill(is_hidden, 0)
    reciprocals = divide(ATTENTION_ONE << SHARE_BITS, weights.sum(4, keepdim=True))
    shares = torch.bitwise_right_shift(weights * reciprocals + (1 << (SHARE_BITS - 1)), SHARE_BITS)
    mixed = (shares.to(torch.float64) @ past_values).to(torch.int32)
    return mixed.permute(0, 3, 1, 2, 4).reshape(queries.shape)


def _quantise(heads: Tensor, limit: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return queries as integers up to ``limit``, with mantissas and exponents of their heads."""
    mantissas, exponents = row_scale(heads.abs().amax(4, keepdim=True))
    scales = torch.bitwise_left_shift(mantissas, exponents)
    reciprocals = divide(limit << RECIPROCAL_BITS, scales)
    half = 1 << (RECIPROCAL_BITS - 1)
    quantised = torch.bitwise_right_shift(heads * reciprocals + half, RECIPROCAL_BITS)
    return quantised, mantissas, exponents
