"""Adaptive models of a grid's codes: what a prior has to beat.

Both learn while they code.  The two-dimensional model mixes predictions under ten contexts of the
neighbouring codes, bit by bit (M. Mahoney's logistic mixing, with weights chosen by the node of the
code's binary tree): the strongest of its kind that a few lines make.  Floats are fine here: the
code lengths are for comparison, and nothing is decoded by them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neurocomp import _core

Grids = NDArray[np.uint16]


def unigram_bits(grids: Grids, num_codes: int, before: Grids | None = None) -> float:
    """Return the code length of all codes under adaptive counts from 1/2 on (Krichevsky-Trofimov).

    Args:
        grids: what is coded, (N, rows, columns).
        num_codes: K.
        before: grids that the counts have seen already.
    """
    model = _core.images.CountModel(num_codes)
    if before is not None:
        model.read(np.ascontiguousarray(before).reshape(-1))
    return model.read(np.ascontiguousarray(grids).reshape(-1))


def context_bits(grids: Grids, num_codes: int, before: Grids | None = None) -> float:
    """Return the code length of all codes under the two-dimensional model; see `unigram_bits`."""
    model = _core.images.GridModel(max(int(num_codes - 1).bit_length(), 1))
    if before is not None:
        model.read(np.ascontiguousarray(before))
    return model.read(np.ascontiguousarray(grids))
