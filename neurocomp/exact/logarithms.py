"""Logarithms to base 2 in units of 2**-10, by a table that is the inverse of the powers of 2."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neurocomp import _core
from neurocomp.exact.scaling import EXP2_TABLE_BITS

_PLACE_BITS = 11

Logarithms = NDArray[np.int32]
"""A table that `logarithm_table` returns."""


def logarithm_table(exp2: NDArray[np.int32]) -> Logarithms:
    """Return log2(1 + i / 2**11) in units of 2**-10, rounded down, for i below 2**11.

    Args:
        exp2: powers of 2 of the exponents -i / 1024, times 2**30, which fall from there.
    """
    numbers = np.arange(1 << _PLACE_BITS, 2 << _PLACE_BITS, dtype=np.int64)
    rising = exp2[::-1].astype(np.int64)
    found = np.searchsorted(rising, numbers << (EXP2_TABLE_BITS - 1 - _PLACE_BITS), side="right")
    return found.astype(np.int32)


def logarithms(values: NDArray[np.int64], table: Logarithms) -> NDArray[np.int64]:
    """Return log2 of each of ``values`` (n,), in units of 2**-10, rounded down after 12 digits.

    Raises:
        ValueError: a value is not in 1..2**62.
    """
    out = np.empty_like(values)
    _core.exact.logarithms(values, table, out)
    return out
