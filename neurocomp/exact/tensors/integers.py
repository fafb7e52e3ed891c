"""Integer functions that torch lacks, on int64 tensors of any device."""

from __future__ import annotations

import torch
from torch import Tensor

from neurocomp.exact.scaling import MANTISSA_BITS


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
