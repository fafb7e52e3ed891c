"""Cosines and sines of any position, composed of two tables in integers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurocomp.errors import FormatError
from neurocomp.exact.scaling import MAX_POSITIONS, TURN_BITS, TURN_POSITIONS

ROTATION_BITS = 14
"""Fraction bits of what queries and keys are rotated with."""

_SHIFT = 2 * TURN_BITS - ROTATION_BITS


@dataclass(frozen=True, eq=False)
class Turns:
    """Rotations by 0 to 2**20 - 1 positions.

    The rotation by t is that by t mod 1024 after that by t - t mod 1024: products of two cosines
    or sines of 30 bits, and their sums, fit 64 bits.

    Attributes:
        table: int32, (2, 2, 1024, pairs), as ``tables.turn_tables`` makes it.
    """

    table: NDArray[np.int32]

    def __post_init__(self) -> None:
        """Check the table; raises FormatError where it is damaged."""
        table = self.table
        if table.ndim != 4 or table.shape[:3] != (2, 2, TURN_POSITIONS) or not table.size:
            raise FormatError("the table of rotations has a wrong shape")
        if max(int(table.max()), -int(table.min())) > 1 << TURN_BITS:
            raise FormatError("the table of rotations has entries out of range")

    def of(self, positions: NDArray[np.int64]) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
        """Return cosines and sines (n, pairs), times 2**14, of ``positions`` (n,).

        Raises:
            ValueError: a position is out of range.
        """
        if positions.size and not 0 <= int(positions.min()) <= int(positions.max()) < MAX_POSITIONS:
            raise ValueError(f"positions are not in 0..{MAX_POSITIONS - 1}")
        (x, y), (c, s) = (
            self.table[part][:, places].astype(np.int64)
            for part, places in enumerate((positions % TURN_POSITIONS, positions // TURN_POSITIONS))
        )
        half = 1 << (_SHIFT - 1)
        cosines, sines = (c * x - s * y + half) >> _SHIFT, (c * y + s * x + half) >> _SHIFT
        return cosines.astype(np.int16), sines.astype(np.int16)
