"""Context mixing as a model: its primer, its sets of contexts, what its mixers have learnt.

It serves small files above all: a new model takes some ten thousand bytes to learn whom to trust.
Contexts and matches are not kept; they belong to their text.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurocomp import _core
from neurocomp.codec.contract import BinaryModel, Bytes, Codec
from neurocomp.errors import FormatError
from neurocomp.frame.constants import VARIANT_DATA, VARIANT_TEXT


class MixModel(BinaryModel):
    """Context mixing of bits; `BitCodec` has the core do it."""

    prefers_line_feeds = True

    @property
    def identity(self) -> bytes:
        """The SHA-256 of the primer, which is what is stored of this model."""
        return primer_sha256()

    def codec(self, coder: str, dictionary: Bytes | None, threads: int) -> Codec:
        """Return the codec of blocks of bytes, each of them one section."""
        from neurocomp.models.mix.codec import BitCodec

        return BitCodec(dictionary)


PRIMER = Path(__file__).with_name("primer.txt")


@cache
def primer() -> _core.Primer:
    """Return the text that the model may read before a block: docs/models.md."""
    return _core.Primer(PRIMER.read_bytes())


@cache
def primer_sha256() -> bytes:
    """Return the hash of that text: all that is stored of the model."""
    return hashlib.sha256(PRIMER.read_bytes()).digest()


TEXT, BINARY = VARIANT_TEXT, VARIANT_DATA
NUM_PROFILES = 2

_SAMPLE_BYTES = 1 << 16
_MAX_CONTROL_SHARE = 10  # terminal logs have a few, binary data a tenth and more


def choose_profile(data: np.ndarray) -> int:
    """TEXT or BINARY for a block of bytes, uint8 (n,): text has next to no control characters."""
    sample = data[:_SAMPLE_BYTES]
    control = np.count_nonzero((sample < 9) | ((sample > 13) & (sample < 32)))
    return BINARY if control * _MAX_CONTROL_SHARE > len(sample) else TEXT


PARTS: dict[str, tuple[tuple[int, ...], type]] = {
    "weights": ((2624, 48), np.int32),
    "final_weights": ((640, 7), np.int32),
    "history_maps": ((20 * 256,), np.uint32),
    "order0_map": ((256,), np.uint32),
    "match_maps": ((2, 32), np.uint32),
}
"""Names, shapes and types of what is kept, in the core's order: core/src/mix/layout.hpp."""

ADAPTIVE_MAPS = ("history_maps", "order0_map", "match_maps")
"""Those whose entries have 22 bits of probability and a 10-bit count."""

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
                raise FormatError(f"what the mixers know lacks {name!r} of shape {shape}")
        for name, limit in (("weights", 1 << 19), ("final_weights", (1 << 20) + 1)):
            if int(np.abs(self.arrays[name].astype(np.int64)).max()) >= limit:
                raise FormatError(f"{name} of what the mixers know are out of range")

    @classmethod
    def of(cls, learnt: Iterable[NDArray[Any]]) -> Experience:
        """Return what a mixture has learnt, arrays in the order of `PARTS`."""
        arrays = dict(zip(PARTS, learnt, strict=True))
        for name in ADAPTIVE_MAPS:
            entries = arrays[name]
            arrays[name] = entries & ~_COUNT | np.minimum(entries & _COUNT, _COUNT_LIMIT)
        return cls(arrays)

    @property
    def parts(self) -> tuple[NDArray[Any], ...]:
        """The arrays in the order of `PARTS`."""
        return tuple(np.ascontiguousarray(self.arrays[name]) for name in PARTS)
