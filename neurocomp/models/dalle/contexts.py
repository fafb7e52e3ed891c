"""Contexts of a code: its place, the codes around it, and the caption's rarest tokens.

A context is known by a 64-bit key, the hash of its number and its parts.  A set has few contexts
beside 2**64 keys, and two that share one would merely be counted together.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from neurocomp.models.dalle.hashing import U64, combine

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


@njit(cache=True, nogil=True)
def write_keys(codes: Codes, rarest: Rarest, place: int, num_columns: int, keys: Keys) -> None:
    """Write the contexts of the codes at ``place``, in raster order, to ``keys``."""
    row, column = place // num_columns, place % num_columns
    for lane in range(codes.shape[0]):
        image, out = codes[lane], keys[lane]
        left = image[place - 1] if column > 0 else -1
        second_left = image[place - 2] if column > 1 else -1
        above = image[place - num_columns] if row > 0 else -1
        above_left = image[place - num_columns - 1] if row > 0 and column > 0 else -1
        has_right = row > 0 and column + 1 < num_columns
        above_right = image[place - num_columns + 1] if has_right else -1
        out[0] = _key(0, place)
        out[1] = _key(1, left)
        out[2] = _longer(_key(2, left), above)
        out[3] = _longer(_longer(_longer(_key(3, left), above), above_left), above_right)
        out[4] = _longer(_key(4, left), second_left)
        out[5] = _longer(_key(5, place), left)
        out[6] = _longer(_key(6, place), above)
        out[7] = _longer(_key(7, above_left), above_right)
        for number in range(NUM_RAREST):
            token, key = rarest[lane, number], U64(0)
            if token >= 0:
                key = _longer(_key(NUM_IMAGE_CONTEXTS + number, place), token)
            out[NUM_IMAGE_CONTEXTS + number] = key
        two = U64(0)
        if rarest[lane, 1] >= 0:
            first = _longer(_key(NUM_CONTEXTS - 1, place), rarest[lane, 0])
            two = _longer(first, rarest[lane, 1])
        out[NUM_CONTEXTS - 1] = two


@njit(cache=True, nogil=True)
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
    for lane in range(tokens.shape[0]):
        for number in range(NUM_RAREST):
            best = -1
            for place in range(sizes[lane]):
                token = tokens[lane, place]
                is_taken = False
                for before in range(number):
                    is_taken |= out[lane, before] == token
                if not is_taken and (best < 0 or counts[token] < counts[best]):
                    best = token
            out[lane, number] = best


@njit(cache=True, nogil=True)
def _longer(key: Any, part: Any) -> Any:
    """Return the key of a context with one more part, which is -1 where it is not there."""
    return max(combine(key, U64(part + 1)), U64(1))


@njit(cache=True, nogil=True)
def _key(number: Any, part: Any) -> Any:
    return _longer(U64(number + 1), part)
