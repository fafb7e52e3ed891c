"""What text teaches the mixers: their weights and maps, kept for blocks to begin with.

It serves small files above all: a new model takes some ten thousand bytes to learn whom to trust.
Contexts and matches are not kept; they belong to their text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurocomp.errors import FormatError
from neurocomp.models.mix import layout as at
from neurocomp.models.mix.adaptive import with_counts_below
from neurocomp.models.mix.state import ADAPTIVE_MAPS, MixState, new_state

PARTS = ("weights", "final_weights", *ADAPTIVE_MAPS)
"""Arrays of a `MixState` that are kept."""

_COUNT_LIMIT = 60
"""Counts of maps are cut to this, so that a block's own text soon weighs more."""


@dataclass(frozen=True, eq=False)
class Experience:
    """Arrays by the names of `PARTS`, of the shapes and types that a `MixState` has."""

    arrays: Mapping[str, NDArray[Any]]

    def __post_init__(self) -> None:
        """Check the arrays; raises FormatError where they don't fit this model."""
        state = new_state(1)
        for name in PARTS:
            array, like = self.arrays.get(name), getattr(state, name)
            if array is None or array.shape != like.shape or array.dtype != like.dtype:
                raise FormatError(f"what the mixers know lacks {name!r} of shape {like.shape}")
        for name, limit in (("weights", 1 << 19), ("final_weights", (1 << 20) + 1)):
            if int(np.abs(self.arrays[name].astype(np.int64)).max()) >= limit:
                raise FormatError(f"{name} of what the mixers know are out of range")

    @classmethod
    def of(cls, state: MixState) -> Experience:
        """Return what ``state`` has learnt."""
        arrays = {name: getattr(state, name).copy() for name in PARTS}
        for name in ADAPTIVE_MAPS:
            arrays[name] = with_counts_below(arrays[name], _COUNT_LIMIT)
        return cls(arrays)

    def give(self, state: MixState) -> None:
        """Let ``state``, which is new, begin with it."""
        for name in PARTS:
            getattr(state, name)[:] = self.arrays[name]
        state.registers[at.EXPERIENCED] = 1
