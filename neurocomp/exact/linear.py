"""Linear layers as integers: weights of 8 bits, activations of 8 or 16."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurocomp.errors import FormatError
from neurocomp.exact.scaling import (
    ACCUMULATOR_LIMIT,
    MANTISSA_BITS,
    MAX_SHIFT,
    MIN_SHIFT,
    MULTIPLIER_MAX,
    NARROW_LIMIT,
    PRODUCT_LIMIT,
    WEIGHT_MAX,
    WIDE_LIMIT,
)

_ROWS_AT_ONCE = 4096


@dataclass(frozen=True, eq=False)
class Linear:
    """A layer of N outputs over K inputs.

    For an input row (a, m, e) output n is, with an arithmetic shift,
    ``((sum_k a[k] weight[n, k]) * (m * multiplier[n]) + half) >> (shift - e)) + bias[n]``, where
    half is half of what is shifted out, then clamped to [-clip, clip].

    It is exact because of three conditions, checked here: ``|weight| <= 64``; ``limit * max_n
    sum_k |weight[n, k]| < 2**31``, so that sums fit 32 bits in any order of summation; and that
    bound times ``2**15 * max(multiplier) <= 2**62``.  Multipliers fit 32 bits themselves.

    Attributes:
        weight: int8, (N, K).
        multiplier: int64, (N,), 0 to 2**32 - 1: scale of each output.
        bias: int32, (N,), in the output's unit.
        limit: bound of the inputs |a|: 127 for 8-bit activations, up to 32,639 for 16-bit ones.
        shift: 20 to 62.
        clip: bound of the outputs, below 2**31.
    """

    weight: NDArray[np.int8]
    multiplier: NDArray[np.int64]
    bias: NDArray[np.int32]
    limit: int
    shift: int
    clip: int

    def __post_init__(self) -> None:
        """Check the conditions.

        Raises:
            FormatError: one is broken, so that the layer would not be exact everywhere.
        """
        shapes_fit = self.weight.ndim == 2 and self.multiplier.shape == self.bias.shape == (
            self.weight.shape[0],
        )
        if not shapes_fit or not self.weight.size:
            raise FormatError("the parts of a linear layer have shapes that don't fit together")
        if not 1 <= self.limit <= WIDE_LIMIT or not MIN_SHIFT <= self.shift <= MAX_SHIFT:
            raise FormatError(f"limit {self.limit} or shift {self.shift} of a layer out of range")
        if not 1 <= self.clip < ACCUMULATOR_LIMIT:
            raise FormatError(f"clip {self.clip} of a linear layer is out of range")
        if max(int(self.weight.max()), -int(self.weight.min())) > WEIGHT_MAX:
            raise FormatError(f"a weight of a linear layer exceeds {WEIGHT_MAX}")
        largest = int(self.multiplier.max())
        if int(self.multiplier.min()) < 0 or largest > MULTIPLIER_MAX:
            raise FormatError(f"a multiplier of a linear layer is not in 0..{MULTIPLIER_MAX}")
        if (reach := self.limit * row_sum(self.weight)) >= ACCUMULATOR_LIMIT:
            raise FormatError(f"sums of a linear layer reach {reach}, which 32 bits don't hold")
        if (reach * largest) << MANTISSA_BITS > PRODUCT_LIMIT:
            raise FormatError("scaled sums of a linear layer don't fit 64 bits")

    @property
    def is_narrow(self) -> bool:
        """Whether inputs fit 8 bits."""
        return self.limit <= NARROW_LIMIT


def row_sum(weight: NDArray[np.int8]) -> int:
    """Return the largest sum of absolute weights (N, K) of a row."""
    starts = range(0, weight.shape[0], _ROWS_AT_ONCE)
    parts = (weight[i : i + _ROWS_AT_ONCE].astype(np.int16) for i in starts)
    return max(int(np.abs(part).sum(axis=1, dtype=np.int64).max()) for part in parts)
