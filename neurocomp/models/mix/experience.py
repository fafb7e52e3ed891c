"""What mixers have learnt from text, stored with a network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurocomp.errors import FormatError

PARTS: dict[str, tuple[tuple[int, ...], type]] = {
    "weights": ((2624, 48), np.int32),
    "final_weights": ((640, 7), np.int32),
    "history_maps": ((20 * 256,), np.uint32),
    "order0_map": ((256,), np.uint32),
    "match_maps": ((2, 32), np.uint32),
}
"""Names, shapes and types of what is kept, in the core's order: core/src/mix/layout.hpp."""

ADAPTIVE_MAPS = ("history_maps", "order0_map", "match_maps")
"""Maps whose entries have 22 bits of probability and a 10-bit count."""

_COUNT = np.uint32(1023)
_COUNT_LIMIT = np.uint32(60)
"""Counts of maps are cut to this, so that a block's own text soon weighs more."""


@dataclass(frozen=True, eq=False)
class Experience:
    """Arrays by the names of `PARTS`, of these shapes and types."""

    arrays: Mapping[str, NDArray[Any]]

    def __post_init__(self) -> None:
        """Check the arrays; raises FormatError where they don't fit this model."""
        for name, (shape, dtype) in PARTS.items():
            array = self.arrays.get(name)
            if array is None or array.shape != shape or array.dtype != dtype:
                raise FormatError(f"the stored mixers lack {name!r} of shape {shape}")
        for name, limit in (("weights", 1 << 19), ("final_weights", (1 << 20) + 1)):
            if int(np.abs(self.arrays[name].astype(np.int64)).max()) >= limit:
                raise FormatError(f"{name} of the stored mixers are out of range")

    @classmethod
    def of(cls, learnt: Iterable[NDArray[Any]]) -> Experience:
        """Return the learnt state of a mixture, arrays in the order of `PARTS`."""
        arrays = dict(zip(PARTS, learnt, strict=True))
        for name in ADAPTIVE_MAPS:
            entries = arrays[name]
            arrays[name] = entries & ~_COUNT | np.minimum(entries & _COUNT, _COUNT_LIMIT)
        return cls(arrays)

    @property
    def parts(self) -> tuple[NDArray[Any], ...]:
        """The arrays in the order of `PARTS`."""
        return tuple(np.ascontiguousarray(self.arrays[name]) for name in PARTS)
