"""Rows of integers and layers on them: docs/spec/transformer.md, section 2."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from math import isqrt
from operator import mul
from typing import NamedTuple

from tests.reference.coders import need
from tests.reference.stored import StoredModel
from tests.reference.tables import clamp

STREAM_LIMIT = (1 << 25) - 1
TABLE_HALF = 1 << 14


def shifted(value: int, bits: int) -> int:
    """Return value / 2**bits, rounded half up."""
    return value + (1 << bits >> 1) >> bits


class Row(NamedTuple):
    """Small integers that stand for themselves times mantissa * 2**exponent."""

    values: list[int]
    mantissa: int
    exponent: int


def narrow(values: Sequence[int], limit: int, most: int | None = None) -> Row:
    """Return a row of magnitudes up to ``limit``; ``most`` is the largest of ``values``."""
    if most is None:
        most = max(map(abs, values))
    exponent = max(most.bit_length() - 15, 0)
    mantissa = (most >> exponent) + 1
    reciprocal = (limit << 46) // (mantissa << exponent)
    return Row([shifted(value * reciprocal, 46) for value in values], mantissa, exponent)


def root(square: int) -> tuple[int, int]:
    """Return the integer root of a square times 4**g, and g, as large as 62 bits allow."""
    doublings = (62 - square.bit_length()) // 2
    return isqrt(square << 2 * doublings), doublings


def square_sum(values: Sequence[int]) -> int:
    bounded = [clamp(value, STREAM_LIMIT) for value in values]
    return sum(map(mul, bounded, bounded))


class Norm(NamedTuple):
    gain: Sequence[int] | None
    epsilon: int
    centers: bool

    def __call__(self, values: Sequence[int], limit: int) -> Row:
        if self.centers:
            mean = (2 * sum(values) + len(values)) // (2 * len(values))
            values = [value - mean for value in values]
        scaled = values if self.gain is None else list(map(mul, values, self.gain))
        row = narrow(scaled, limit)
        divisor, doublings = root(self.epsilon + square_sum(values))
        quotient = (row.mantissa << 46) // divisor
        excess = max(quotient.bit_length() - 15, 0)
        exponent = row.exponent + doublings + excess - 46
        return Row(row.values, shifted(quotient, excess), exponent)


class FixedNorm:
    """A norm from fixed point to fixed point, of so many columns."""

    def __init__(self, stored: StoredModel, name: str, width: int) -> None:
        self._gain = stored.numbers(f"{name}.gain")
        self._epsilon, self._shift = stored.numbers(f"{name}.scale")
        need(len(self._gain) == width, f"{name} has another size")

    def __call__(self, values: Sequence[int]) -> list[int]:
        """Return the direction times gains."""
        divisor, doublings = root(self._epsilon + square_sum(values))
        reciprocal = (1 << 61) // divisor
        directions = [
            shifted(clamp(value, STREAM_LIMIT) * reciprocal, 31 - doublings) for value in values
        ]
        return [
            shifted(one * gain, self._shift)
            for one, gain in zip(directions, self._gain, strict=True)
        ]


class Scale(NamedTuple):
    """Of a layer: the largest input, the shift, the largest output."""

    limit: int
    shift: int
    clip: int


class Layer:
    """A linear layer.

    A column of weights is one number, in which each output has 32 bits: so a row times the matrix
    is the sum of a few hundred products of long numbers, which Python is quick at.
    """

    def __init__(
        self, stored: StoredModel, name: str, size: int, inputs: int, scale: Scale
    ) -> None:
        weight = stored.numbers(f"{name}.weight")
        need(len(weight) == size * inputs, f"{name} has another size")
        self.size, self.scale = size, scale
        self._raised = sum(1 << 32 * n for n in range(size)) << 31
        signs = self._raised >> 24  # 128 for each output
        self._columns = [
            int.from_bytes(
                struct.pack(f"<{size}I", *[w + 128 for w in weight[k::inputs]]), "little"
            )
            - signs
            for k in range(inputs)
        ]
        self._multiplier = stored.numbers(f"{name}.multiplier")
        self._bias = stored.numbers(f"{name}.bias")

    def __call__(self, row: Row) -> list[int]:
        total = sum(map(mul, row.values, self._columns), self._raised)
        sums = struct.unpack(f"<{self.size}I", total.to_bytes(4 * self.size, "little"))
        away = max(1, min(self.scale.shift - row.exponent, 62))
        return [
            clamp(shifted((one - (1 << 31)) * row.mantissa * factor, away) + bias, self.scale.clip)
            for one, factor, bias in zip(sums, self._multiplier, self._bias, strict=True)
        ]

    def of(self, values: Sequence[int]) -> list[int]:
        """Return the outputs for values in fixed point."""
        return self(narrow(values, self.scale.limit))

    def after(self, norm: Norm | None, values: Sequence[int]) -> list[int]:
        """Return the outputs for what a norm, if there is one, makes of values."""
        return self.of(values) if norm is None else self(norm(values, self.scale.limit))


class Embedding:
    """Vectors of symbols."""

    def __init__(self, stored: StoredModel, weight: str, width: int, shift: int) -> None:
        self._weight = stored.tensors[weight]
        self._rows = stored.numbers("embedding.rows")
        self._columns = stored.numbers("embedding.columns")
        self._width, self._shift = width, shift

    def __call__(self, symbol: int, moved: Sequence[int] | None = None) -> list[int]:
        row = self._weight.row(symbol, self._width)
        scale = self._rows[symbol]
        vector = [
            shifted(value * scale * column, self._shift)
            for value, column in zip(row, self._columns, strict=True)
        ]
        if moved is not None:
            vector = [a + b for a, b in zip(vector, moved, strict=True)]
        return [clamp(value, STREAM_LIMIT) for value in vector]


def added(stream: list[int], sums: list[int]) -> list[int]:
    return [clamp(a + b, STREAM_LIMIT) for a, b in zip(stream, sums, strict=True)]


def function(table: Sequence[int], value: int, saturates: bool = False) -> int:
    """Return a function by table: of units of 2**-10, in units of 2**-12."""
    if value < -TABLE_HALF:
        return 0
    if value < TABLE_HALF:
        return table[value + TABLE_HALF]
    return 4096 if saturates else 4 * value


def power(exp2: Sequence[int], distance: int, more: int = 0) -> int:
    """Return 2**(30 - more - distance / 1024), rounded down."""
    return exp2[distance & 1023] >> more + (distance >> 10)


def weights_of_logits(logits: Sequence[int], exp2: Sequence[int]) -> list[int]:
    best = max(logits)
    return [power(exp2, best - one) for one in logits]
