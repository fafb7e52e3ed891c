"""Axes of charts: where a value stands, and which values are labelled."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """An axis from one pixel to another.

    Attributes:
        low, high: values at its ends.
        start, end: pixels at its ends.
        is_log: whether equal ratios are equal distances.
    """

    low: float
    high: float
    start: float
    end: float
    is_log: bool = False

    def place(self, value: float) -> float:
        """Return the pixel of a value."""
        low, high, value = (self._bent(one) for one in (self.low, self.high, value))
        return self.start + (value - low) / (high - low) * (self.end - self.start)

    def ticks(self) -> list[float]:
        """Return the values that get a label."""
        if not self.is_log:
            return _linear_ticks(self.low, self.high)
        exponents = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        # Few decades have room for two labels more each.
        steps = (1, 2, 5) if len(exponents) <= 4 else (1,)
        values = [step * 10.0**k for k in exponents for step in steps]
        return [one for one in values if self.low <= one <= self.high]

    def _bent(self, value: float) -> float:
        return math.log10(value) if self.is_log else value


def fitting(
    values: Sequence[float], start: float, end: float, *, is_log: bool = False, margin: float = 0.08
) -> Scale:
    """Return a scale that has room for all values, and a share of it beyond them."""
    low, high = min(values), max(values)
    if is_log:
        ends = math.log10(low), math.log10(high)
        space = max((ends[1] - ends[0]) * margin, 0.1)
        return Scale(10 ** (ends[0] - space), 10 ** (ends[1] + space), start, end, True)
    space = max((high - low) * margin, abs(high) * 0.01, 1e-9)
    return Scale(low - space, high + space, start, end)


def _linear_ticks(low: float, high: float, most: int = 8) -> list[float]:
    rough = (high - low) / most
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(size * factor for factor in (1, 2, 5, 10) if size * factor >= rough)
    first = math.ceil(low / step)
    return [k * step for k in range(first, math.floor(high / step) + 1)]
