"""A gated linear recurrence as integers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurocomp.errors import FormatError
from neurocomp.exact.tables import GATE_BITS, TABLE_SIZE

SQUARE_LIMIT = 1 << 17
"""Bound of what is squared, in units of 2**-12: the square stays below 2**22 of these."""


@dataclass(frozen=True, eq=False)
class Recurrence:
    """States that move towards candidates: ``h + ((g * (64 c - h) + 2**15) >> 16)``.

    The share g is ``table[clamp(z, -2**14, 2**14 - 1) + 2**14]`` of the gate z; gates and
    candidates are in units of 2**-10, states in units of 2**-16.
    Exact because ``0 <= g <= 2**16`` and ``|c| < 2**25``, so that a state lies between two
    candidates, which 32 bits hold.

    Attributes:
        table: int32, (32768,), of the logistic function in units of 2**-16.
    """

    table: NDArray[np.int32]

    def __post_init__(self) -> None:
        """Check the table; raises FormatError where it is not one."""
        if self.table.shape != (TABLE_SIZE,):
            raise FormatError(f"a table of gates has {TABLE_SIZE} entries")
        if int(self.table.min()) < 0 or int(self.table.max()) > 1 << GATE_BITS:
            raise FormatError("a table of gates has entries out of range")
