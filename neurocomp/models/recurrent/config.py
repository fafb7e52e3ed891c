"""The shape of an exact recurrent network of bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from neurocomp.errors import FormatError
from neurocomp.exact.scaling import MAX_WIDTH, RESIDUAL_LIMIT

ALPHABET_SIZE = 256
SEPARATOR = 0x1E
"""Byte that separates documents in training: what a lane has read before its first byte."""

RESIDUAL_BITS = 12
SQUARE_BITS = 12
"""Fraction bits of the stream, and of what is squared."""


@dataclass(frozen=True)
class RecurrentConfig:
    """Shape of a network; see ``neurocomp.networks.glr`` for what it computes.

    Attributes:
        width: d, of the stream, a multiple of 4.
        num_blocks: of recurrence and feed-forward layer.
        context: bytes whose embeddings are added up to the input.
        inner_width: of the feed-forward layers, a multiple of 4.
        epsilon: of the norms, in squared units of the stream, times d.
    """

    width: int
    num_blocks: int
    context: int
    inner_width: int
    epsilon: int

    def __post_init__(self) -> None:
        """Check the ranges; raises FormatError."""
        ranges = {
            "width": MAX_WIDTH,
            "num_blocks": 64,
            "context": 16,
            "inner_width": 4 * MAX_WIDTH,
            "epsilon": RESIDUAL_LIMIT,
        }
        for name, limit in ranges.items():
            if not 1 <= getattr(self, name) <= limit:
                raise FormatError(f"{name} {getattr(self, name)} of a network is out of range")
        if self.width % 4 or self.inner_width % 4:
            raise FormatError("the widths of a network are no multiples of 4")

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> RecurrentConfig:
        """Return the configuration that a stored model has; raises FormatError."""
        names = {field.name for field in fields(cls)}
        if set(values) != names or not all(type(value) is int for value in values.values()):
            raise FormatError(f"a network's configuration has integers for {sorted(names)}")
        return cls(**values)
