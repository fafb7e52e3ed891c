"""A small network made by integer code, to prove that a machine computes as all others do."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from neurocomp.models.recurrent.convert import build
from neurocomp.models.stored import StoredModel

_WIDTH, _BLOCKS, _CONTEXT, _EXPANSION = 48, 2, 3, 2


HASHED = {"2": 5, "3": 6}


@cache
def sample(*, hashed: bool = False) -> StoredModel:
    """Return the network; its numbers are multiples of powers of 2 and no library's random ones.

    Args:
        hashed: with embeddings of hashed n-grams.
    """
    width, inner = _WIDTH, _EXPANSION * _WIDTH
    state = 1

    def uniform(shape: tuple[int, ...], reach: float) -> NDArray[np.float64]:
        """Numbers of a linear congruential generator (D. Knuth, MMIX) in [-reach, reach)."""
        nonlocal state
        values = np.empty(int(np.prod(shape)))
        for i in range(values.size):
            state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
            values[i] = (state >> 48) - (1 << 15)
        return values.reshape(shape) * (reach / (1 << 15))

    weights = {"embeddings": uniform((_CONTEXT, 256, width), 1.0)}
    for number in range(_BLOCKS):
        name = f"blocks.{number}."
        weights |= {
            name + "gates.weight": uniform((3 * width, width), 0.25),
            name + "gates.bias": uniform((3 * width,), 2.0),
            name + "out.weight": uniform((width, width), 0.25),
            name + "up.weight": uniform((inner, width), 0.25),
            name + "down.weight": uniform((width, inner), 0.25),
        }
    weights |= {"head.weight": uniform((256, width), 0.5), "head.bias": uniform((256,), 1.0)}
    if not hashed:
        return build(weights, _WIDTH, _BLOCKS, _EXPANSION)
    num_rows = sum(1 << bits for bits in HASHED.values())
    weights["hashed"] = uniform((num_rows, width), 1.0)
    return build(weights, _WIDTH, _BLOCKS, _EXPANSION, HASHED)
