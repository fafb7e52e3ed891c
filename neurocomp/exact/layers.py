"""The layers of exact networks as integers: linear, embedding, norm, recurrence."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from neurocomp.errors import FormatError
from neurocomp.exact.scaling import (
    ACCUMULATOR_LIMIT,
    MANTISSA_BITS,
    MAX_SHIFT,
    MAX_WIDTH,
    MIN_SHIFT,
    MULTIPLIER_MAX,
    NARROW_LIMIT,
    PRODUCT_LIMIT,
    RESIDUAL_LIMIT,
    STRONG_WEIGHT_MAX,
    WEIGHT_MAX,
    WIDE_LIMIT,
)
from neurocomp.exact.tables import GATE_BITS, TABLE_SIZE

_ROWS_AT_ONCE = 512


@dataclass(frozen=True, eq=False)
class Linear:
    """A layer of N outputs over K inputs.

    For an input row (a, m, e) output n is, with an arithmetic shift,
    ``((sum_k a[k] weight[n, k]) * (m * multiplier[n]) + half) >> (shift - e)) + bias[n]``, where
    half is half of what is shifted out, then clamped to [-clip, clip].

    It is exact because of three conditions, checked here: ``|weight| <= 127``; ``limit * max_n
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
        if max(int(self.weight.max()), -int(self.weight.min())) > STRONG_WEIGHT_MAX:
            raise FormatError(f"a weight of a linear layer exceeds {STRONG_WEIGHT_MAX}")
        largest = int(self.multiplier.max())
        if int(self.multiplier.min()) < 0 or largest > MULTIPLIER_MAX:
            raise FormatError(f"a multiplier of a linear layer is not in 0..{MULTIPLIER_MAX}")
        if (reach := self.limit * row_sum(self.weight)) >= ACCUMULATOR_LIMIT:
            raise FormatError(f"sums of a linear layer reach {reach}, which exceeds 32 bits")
        if (reach * largest) << MANTISSA_BITS > PRODUCT_LIMIT:
            raise FormatError("scaled sums of a linear layer don't fit 64 bits")

    @cached_property
    def is_strong(self) -> bool:
        """Whether a weight exceeds 64: pairs of products of bytes may not fit 16 bits."""
        return max(int(self.weight.max()), -int(self.weight.min())) > WEIGHT_MAX

    @property
    def is_narrow(self) -> bool:
        """Whether inputs fit 8 bits."""
        return self.limit <= NARROW_LIMIT


def row_sum(weight: NDArray[np.int8]) -> int:
    """Return the largest sum of absolute weights (N, K) of a row."""
    starts = range(0, weight.shape[0], _ROWS_AT_ONCE)
    # As bytes without a sign, so that 128 is what it is.
    parts = (np.abs(weight[i : i + _ROWS_AT_ONCE]).view(np.uint8) for i in starts)
    return max(int(part.sum(axis=1, dtype=np.uint32).max()) for part in parts)


@dataclass(frozen=True, eq=False)
class Embedding:
    """Vectors of V symbols as 8-bit integers with a scale for each row and each column.

    The vector of symbol v is ``(weight[v] * rows[v] * columns + half) >> shift``, elementwise.
    Exact because ``127 * max(rows) * max|columns| < 2**62``.  The weight may be that of the last
    linear layer: tied embeddings are stored once.

    Attributes:
        weight: int8, (V, K).
        rows: int32, (V,), not negative.
        columns: int32, (K,).
        shift: 1 to 61.
    """

    weight: NDArray[np.int8]
    rows: NDArray[np.int32]
    columns: NDArray[np.int32]
    shift: int

    def __post_init__(self) -> None:
        """Check shapes and the condition; raises FormatError where one is broken."""
        if self.weight.shape != (self.rows.size, self.columns.size) or not self.weight.size:
            raise FormatError("the parts of an embedding have shapes that don't fit together")
        largest = int(np.abs(self.columns.astype(np.int64)).max())
        reach = STRONG_WEIGHT_MAX * int(self.rows.max()) * largest
        if int(self.rows.min()) < 0 or reach >= 1 << 62 or not 1 <= self.shift <= 61:
            raise FormatError("a scale of an embedding is out of range")

    def vectors(self, symbols: NDArray[np.int32]) -> NDArray[np.int64]:
        """Return the vectors of ``symbols`` (M,): int64 (M, K)."""
        scaled = self.weight[symbols].astype(np.int64) * self.rows[symbols, None].astype(np.int64)
        scaled *= self.columns
        return (scaled + (1 << (self.shift - 1))) >> self.shift


def embed(
    embedding: Embedding,
    positions: NDArray[np.int32] | None,
    symbols: NDArray[np.int32],
    start: int,
) -> NDArray[np.int32]:
    """Return the rows of ``symbols`` (lanes, steps) at positions from ``start`` on.

    Args:
        embedding: embedding of symbols.
        positions: int32 (T, K), added to them; None for models that rotate queries instead.
        symbols: int32.
        start: position of the first step.

    Returns:
        int32, (lanes * steps, K), at most ``RESIDUAL_LIMIT`` in magnitude.
    """
    rows = embedding.vectors(symbols.reshape(-1))
    if positions is not None:
        steps = positions[start : start + symbols.shape[1]]
        rows = rows + np.tile(steps, (symbols.shape[0], 1))
    return np.clip(rows, -RESIDUAL_LIMIT, RESIDUAL_LIMIT).astype(np.int32)


@dataclass(frozen=True, eq=False)
class Norm:
    """Divides a row by its root mean square, after taking its mean off (J. L. Ba et al. 2016) or
    without (RMS norm: B. Zhang, R. Sennrich 2019).

    With c = x, less the rounded mean where ``center`` is set, the row-scaled result stands for
    ``c[k] * gain[k] / sqrt(sum(c**2) + epsilon)``: times sqrt(K) it is the normalised row with
    its columns scaled by the gain.  The learnt scale and shift of the usual norm are part of the
    linear layer that follows.

    Exact because ``|x| <= RESIDUAL_LIMIT`` and ``K * RESIDUAL_LIMIT**2 + epsilon < 2**62``: sums
    are of integers that fit 64 bits, and the root is the integer root.

    Attributes:
        gain: int32, (K,), 1 to 2**15.
        epsilon: K times the usual epsilon, in squared units of the row.
        center: take the mean off.
    """

    gain: NDArray[np.int32]
    epsilon: int
    center: bool

    def __post_init__(self) -> None:
        """Check the conditions; raises FormatError where one is broken."""
        width = self.gain.size
        if self.gain.ndim != 1 or not 1 <= width <= MAX_WIDTH:
            raise FormatError(f"a norm over {width} columns is out of range: 1 to {MAX_WIDTH}")
        if not 1 <= int(self.gain.min()) <= int(self.gain.max()) <= 1 << 15:
            raise FormatError("a column gain of a norm is out of range")
        if not 1 <= self.epsilon < (1 << 62) - width * RESIDUAL_LIMIT**2:
            raise FormatError(f"epsilon {self.epsilon} of a norm is out of range")


@dataclass(frozen=True, eq=False)
class HeadNorm:
    """RMS norm of each head, from fixed point to fixed point (A. Yang et al., Qwen3, 2025).

    A head is as many columns as there are gains: also all heads as one, or all outputs of a layer
    (Team OLMo, 2 OLMo 2 Furious, 2024).

    With r the integer root of ``(sum(x**2) + epsilon) << 2 d``, d as large as 62 bits allow, the
    direction of a head is ``c = x * (2**61 // r) >> (31 - d)``, rounded, of at most 2**30; the
    result is ``c * gain >> shift``, rounded.

    Exact because ``|x| <= RESIDUAL_LIMIT``, so that sums fit 62 bits; products are below 2**61.

    Attributes:
        gain: int32, (width,), width up to ``MAX_WIDTH``, below 2**30 in magnitude.
        epsilon: width times the usual epsilon, in squared units of the heads.
        shift: 1 to 61; results stay within ``RESIDUAL_LIMIT``.
    """

    gain: NDArray[np.int32]
    epsilon: int
    shift: int

    def __post_init__(self) -> None:
        """Check the conditions; raises FormatError where one is broken."""
        width = self.gain.size
        if self.gain.ndim != 1 or not 1 <= width <= MAX_WIDTH or not 1 <= self.shift <= 61:
            raise FormatError("the shape of a norm of heads is out of range")
        if self._largest_gain >= 1 << 30 or self.reach >= RESIDUAL_LIMIT:
            raise FormatError("a gain of a norm of heads is out of range")
        if not 1 <= self.epsilon < (1 << 62) - width * RESIDUAL_LIMIT**2:
            raise FormatError(f"epsilon {self.epsilon} of a norm of heads is out of range")

    @property
    def _largest_gain(self) -> int:
        return max(int(self.gain.max()), -int(self.gain.min()))

    @property
    def reach(self) -> int:
        """A bound of the results."""
        return (self._largest_gain << 30) >> self.shift


SQUARE_LIMIT = 1 << 17
"""Bound of what is squared, in units of 2**-12: the square stays below 2**22 of these."""


@dataclass(frozen=True, eq=False)
class Recurrence:
    """States that move towards candidates: ``h + ((g * (64 c - h) + 2**15) >> 16)``.

    The share g is ``table[clamp(z, -2**14, 2**14 - 1) + 2**14]`` of the gate z; gates and
    candidates are in units of 2**-10, states in units of 2**-16.
    Exact because ``0 <= g <= 2**16`` and ``|c| < 2**25``, so that a state lies between two
    candidates, which 32 bits hold.

    Attributes:
        table: int32, (32768,), of the logistic function in units of 2**-16.
    """

    table: NDArray[np.int32]

    def __post_init__(self) -> None:
        """Check the table; raises FormatError where it is not one."""
        if self.table.shape != (TABLE_SIZE,):
            raise FormatError(f"a table of gates has {TABLE_SIZE} entries")
        if int(self.table.min()) < 0 or int(self.table.max()) > 1 << GATE_BITS:
            raise FormatError("a table of gates has entries out of range")
