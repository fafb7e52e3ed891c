"""Frequency quantisation: from integer weights to the table that a coder reads.

A model ends in non-negative integer *weights*, proportional to its probabilities.  The coder
needs integers that are at least 1 and sum to exactly ``TOTAL``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurocomp import _core

TOTAL_BITS = 24
TOTAL = 1 << TOTAL_BITS
"""Sum of every frequency table."""

_WEIGHT_BITS = 38
WEIGHT_LIMIT = 1 << _WEIGHT_BITS
"""Weights stay below this, so that weight * TOTAL fits 63 bits."""

MAX_ALPHABET_SIZE = 1 << 20
"""Largest alphabet: each of its symbols still costs at most 24 bits."""

Symbols = NDArray[np.int32]
"""The next symbol of every lane, shape (lanes,)."""

Stream = NDArray[np.integer[Any]]
"""All symbols of a block, shape (n,), in whatever integers they come in."""

Frequencies = NDArray[np.int32]
Weights = NDArray[np.int64]


def quantise(weights: Weights) -> Frequencies:
    """Return the frequency tables of ``weights``.

    An entry is ``1 + weight * (TOTAL - V) // sum(weights)``; what flooring leaves over goes to the
    first symbol of the largest weight.

    Args:
        weights: int64, shape (lanes, V), 0 <= weights < WEIGHT_LIMIT, no row all zero.

    Returns:
        int32, shape (lanes, V), every entry >= 1, every row summing to TOTAL.

    Raises:
        ValueError: a weight or the alphabet is out of range, or a row is all zero.
    """
    if weights.ndim != 2 or not 1 <= weights.shape[1] <= MAX_ALPHABET_SIZE:
        raise ValueError(f"shape {weights.shape} is not (lanes, 1..{MAX_ALPHABET_SIZE})")
    if weights.size and (int(weights.min()) < 0 or int(weights.max()) >= WEIGHT_LIMIT):
        raise ValueError(f"weights must be in [0, {WEIGHT_LIMIT})")
    if not weights.any(axis=1).all():
        raise ValueError("every row of weights needs at least one positive entry")
    out = np.empty(weights.shape, np.int32)
    _core.exact.quantise(np.ascontiguousarray(weights), out)
    return out
