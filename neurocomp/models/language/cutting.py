"""How a block of bytes is cut into lanes of tokens."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from neurocomp.exact import Symbols
from neurocomp.models.bytenet.sections import lane_starts
from neurocomp.models.language import LanguageModel

SHARED_TOKENS = 128
"""Tokens of the first lane that the others have read before their own."""


@dataclass(frozen=True, eq=False)
class CutTokens:
    """The lanes of a block as tokens.

    Attributes:
        grid: tokens that the lanes read, int32 (lanes, steps), the shorter lanes filled with zeros.
        lengths: number of each lane's own tokens.
        num_shared: number of tokens of the first lane that the others read before their own.
    """

    grid: Symbols
    lengths: list[int]
    num_shared: int

    def own(self, lane: int) -> slice:
        """Return the steps of a lane's own tokens."""
        first = self.num_shared if lane else 0
        return slice(first, first + self.lengths[lane])


def cut_tokens(model: LanguageModel, data: bytes, sizes: list[int]) -> CutTokens:
    """Cut the lanes of a block, of so many bytes each, into tokens."""
    bounds = np.cumsum([0, *sizes])
    parts = [model.tokens(data[first:last]) for first, last in pairwise(bounds)]
    lengths = [len(one) for one in parts]
    shared = parts[0][:SHARED_TOKENS] if len(parts) > 1 else parts[0][:0]
    parts[1:] = [np.concatenate([shared, part]) for part in parts[1:]]
    grid = np.zeros((len(parts), max(map(len, parts))), np.int32)
    for row, part in zip(grid, parts, strict=True):
        row[: len(part)] = part
    return CutTokens(grid, lengths, len(shared))


def sizes_of(num_bytes: int, num_lanes: int) -> list[int]:
    """Return the bytes of each lane of a block."""
    starts = [*lane_starts(num_bytes, num_lanes), num_bytes]
    return [last - first for first, last in pairwise(starts)]
