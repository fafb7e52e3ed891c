"""Hashing of contexts."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

U64: Any = np.uint64

Integer = Any
"""A number inside a kernel: numba gives it its width, mypy has no word for that."""


@njit(cache=True, nogil=True)
def combine(a: Integer, b: Integer) -> Integer:
    """Return a 64-bit hash of two 64-bit numbers."""
    mixed = (a ^ (b * U64(0xD6E8FEB86659FD93))) * U64(0x9E3779B97F4A7C15)
    return mixed ^ (mixed >> U64(31))
