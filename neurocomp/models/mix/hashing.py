"""Hashing of contexts."""

from __future__ import annotations

from typing import Any

import numpy as np

from neurocomp.models.mix.inlining import Integer, inlined

U64: Any = np.uint64


@inlined
def combine(a: Integer, b: Integer) -> Integer:
    """A 64-bit hash of two 64-bit numbers."""
    mixed = (a ^ (b * U64(0xD6E8FEB86659FD93))) * U64(0x9E3779B97F4A7C15)
    return mixed ^ (mixed >> U64(31))


@inlined
def byte_at(history: np.ndarray, position: Integer) -> Integer:
    """The byte at a position of the block, 0 before its start."""
    return U64(history[U64(position)]) if position >= 0 else U64(0)
