"""A model that has read something before the block begins."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from numba import njit
from numpy.typing import NDArray

from neurocomp.models.mix.adaptive import with_counts_below
from neurocomp.models.mix.predictor import predict, update
from neurocomp.models.mix.state import ADAPTIVE_MAPS, MixState

_COUNT_LIMIT = 10
"""Counts of the maps after the primer: docs/experiments.md."""


@njit(cache=True, nogil=True)
def prime(state: MixState, content: NDArray[np.uint8]) -> None:
    """Let ``state`` predict and learn the bytes of ``content``, uint8 (n,).

    Afterwards it is as if it had coded them: contexts, matches, mixers and final maps know them,
    and they are the history of what comes next.  The state must have room for them: ``new_state``
    is asked for the bytes of the block and these.
    """
    for i in range(content.shape[0]):
        byte = np.int64(content[i])
        for shift in range(7, -1, -1):
            predict(state)
            update(state, byte >> shift & 1)


def loosen(state: MixState) -> None:
    """Let the maps of ``state`` learn from the block as if the primer had been a few bytes long."""
    for name in ADAPTIVE_MAPS:
        entries = getattr(state, name)
        entries[:] = with_counts_below(entries, _COUNT_LIMIT)


@cache
def primer() -> NDArray[np.uint8]:
    """Return what a block of text may begin with, uint8 (n,), read-only: docs/models.md."""
    return np.frombuffer(Path(__file__).with_name("primer.txt").read_bytes(), np.uint8)
