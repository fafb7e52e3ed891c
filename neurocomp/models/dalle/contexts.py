"""Contexts of a code: its place, the codes around it, and the caption's rarest tokens.

A context is known by a 64-bit key, the hash of its number and its parts.  A set has few contexts
beside 2**64 keys, and two that share one would merely be counted together.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neurocomp import _core

NUM_IMAGE_CONTEXTS = 8
NUM_CAPTION_CONTEXTS = 4
NUM_CONTEXTS = NUM_IMAGE_CONTEXTS + NUM_CAPTION_CONTEXTS
NUM_RAREST = 3
"""Tokens of a caption that contexts have."""

Codes = NDArray[np.int32]
"""Of the images that lanes are at, (lanes, codes)."""

Rarest = NDArray[np.int32]
"""Tokens of the lanes' captions, (lanes, NUM_RAREST), the rarest first, -1 where there is none."""

Keys = NDArray[np.uint64]
"""Of the lanes' contexts, (lanes, NUM_CONTEXTS); 0 where a context is not there."""


def write_keys(codes: Codes, rarest: Rarest, place: int, num_columns: int, keys: Keys) -> None:
    """Write the contexts of the codes at ``place``, in raster order, to ``keys``."""
    _core.images.write_keys(codes, rarest, place, num_columns, keys)


def choose_rarest(
    tokens: NDArray[np.int32], sizes: NDArray[np.int64], counts: NDArray[np.int32], out: Rarest
) -> None:
    """Write each caption's tokens of the lowest counts to ``out``, of equal ones the earlier.

    Args:
        tokens: of captions, (lanes, most tokens).
        sizes: how many tokens each has, (lanes,).
        counts: of all tokens, (tokens,).
        out: where to.
    """
    _core.images.choose_rarest(tokens, sizes, counts, out)
