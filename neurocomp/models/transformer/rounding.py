"""How the values of a transformer become integers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from neurocomp.exact.scaling import RESIDUAL_LIMIT, WEIGHT_MAX
from neurocomp.models.common.quantise import Doubles, floor_log2

RESIDUAL_BITS = 12
"""Fraction bits of the residual stream, which reaches 8191 so: GPT-2's outliers reach 3000."""

_ROOM = 16.0
"""Headroom of a layer's outputs above the largest found."""

_MOST_ROW_BITS = 20
"""Most fraction bits of whole rows that are normalised: their epsilon fits beside them."""


@dataclass(frozen=True, eq=False)
class Rounding:
    """How values become integers.

    Attributes:
        weight_max: bound of weights.
        residual_bits: fraction bits of the residual stream.
        input_maxima: largest values of the columns of each norm, (K,), by its name; where they are
            known, columns are balanced between weights and activations.
        has_flat_head: whether the head's integers are those of its matrix, and so an embedding's.
        output_maxima: the largest outputs found, in real numbers, by the layer's name, or that of
            its part; in models whose outputs are normalised, and only where they are known.
    """

    weight_max: int = WEIGHT_MAX
    residual_bits: int = RESIDUAL_BITS
    input_maxima: Mapping[str, Doubles] = field(default_factory=dict)
    has_flat_head: bool = False
    output_maxima: Mapping[str, float] = field(default_factory=dict)

    def reach(self, name: str, bound: float) -> float:
        """Return what outputs are taken to reach; ``bound`` is proven, and often far from it."""
        found = self.output_maxima.get(name)
        return bound if found is None else min(bound, found * _ROOM)

    def head_unit(self, reach: float, *, is_whole: bool) -> float:
        """Return the unit of queries or keys that reach so far and are normalised.

        Args:
            reach: bound of the values, in real numbers.
            is_whole: whether all heads are normalised as one row.
        """
        bits = floor_log2(RESIDUAL_LIMIT / (1.5 * max(reach, 2.0**-16)))
        return 2.0 ** -(min(bits, _MOST_ROW_BITS) if is_whole else bits)

    def output_unit(self, name: str) -> float:
        """Return the unit of a layer's outputs where a norm follows it."""
        reach = self.reach(name, RESIDUAL_LIMIT * 2.0**-RESIDUAL_BITS)
        bits = floor_log2(RESIDUAL_LIMIT / max(reach, 1.0))
        return 2.0 ** -min(bits, _MOST_ROW_BITS)
