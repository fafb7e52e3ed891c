"""Norms of the heads of queries and keys, from real numbers to integers."""

from __future__ import annotations

import numpy as np

from neurocomp.exact.layers import HeadNorm
from neurocomp.models.common.quantise import Floats, floor_log2

_DIRECTION_BITS, _GAIN_BITS = 30, 29
"""Fraction bits of a head's direction, and bits of the largest gain of its norm."""


def reach_of_head(scales: Floats) -> float:
    """Return the bound of a normalised head's values; ``scales`` (K,) are its norm's."""
    return float(np.abs(np.asarray(scales, np.float64)).max() * np.sqrt(float(len(scales))))


def exact_head_norm(scales: Floats, epsilon: float, unit: float, bits: int) -> HeadNorm:
    """Return a norm from heads in ``unit`` to heads with ``bits`` fraction bits.

    Args:
        scales: scales of the norm, (K,).
        epsilon: epsilon of the norm, in real numbers.
        unit: real value of a one of its input.
        bits: number of fraction bits of its output.
    """
    width = float(len(scales))
    reach = max(reach_of_head(scales), 2.0**-16)
    shift = min(_GAIN_BITS + _DIRECTION_BITS - bits - floor_log2(reach) - 1, 61)
    gains = np.asarray(scales, np.float64) * np.sqrt(width)
    whole = np.rint(np.ldexp(gains, bits + shift - _DIRECTION_BITS)).astype(np.int32)
    return HeadNorm(whole, max(int(np.rint(epsilon / unit / unit * width)), 1), shift)
