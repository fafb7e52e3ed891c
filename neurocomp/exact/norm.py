"""Layer norm and RMS norm as integers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurocomp.errors import FormatError
from neurocomp.exact.scaling import MAX_WIDTH, RESIDUAL_LIMIT


@dataclass(frozen=True, eq=False)
class Norm:
    """Divides a row by its root mean square, after taking its mean off (J. L. Ba et al. 2016) or
    without (RMS norm: B. Zhang, R. Sennrich 2019).

    With c = x, less the rounded mean where ``center`` is set, the row-scaled result stands for
    ``c[k] * gain[k] / sqrt(sum(c**2) + epsilon)``: times sqrt(K) it is the normalised row with
    its columns scaled by the gain.  The learnt scale and shift of the usual norm are part of the
    linear layer that follows.

    Exact because ``|x| <= RESIDUAL_LIMIT`` and ``K * RESIDUAL_LIMIT**2 + epsilon < 2**62``: sums
    are of integers that fit 64 bits, and the root is the integer root.

    Attributes:
        gain: int32, (K,), 1 to 2**15.
        epsilon: K times the usual epsilon, in squared units of the row.
        center: take the mean off.
    """

    gain: NDArray[np.int32]
    epsilon: int
    center: bool

    def __post_init__(self) -> None:
        """Check the conditions; raises FormatError where one is broken."""
        width = self.gain.size
        if self.gain.ndim != 1 or not 1 <= width <= MAX_WIDTH:
            raise FormatError(f"a norm over {width} columns is out of range: 1 to {MAX_WIDTH}")
        if not 1 <= int(self.gain.min()) <= int(self.gain.max()) <= 1 << 15:
            raise FormatError("a column gain of a norm is out of range")
        if not 1 <= self.epsilon < (1 << 62) - width * RESIDUAL_LIMIT**2:
            raise FormatError(f"epsilon {self.epsilon} of a norm is out of range")
