"""Teaching the mixers beside a network, by coding text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from neurocomp.codec.networked import NetworkCodec
from neurocomp.models.recurrent import NetworkModel
from neurocomp.models.recurrent.model import MIXERS
from neurocomp.models.stored import StoredModel

PIECE_BYTES = 12_000
"""Text of one kind at a time: each piece begins anew but for what the mixers know."""


def teach_mixers(network: StoredModel, texts: Sequence[NDArray[np.uint8]]) -> StoredModel:
    """Return ``network`` with what the mixers learn from texts that it was not trained on.

    Args:
        network: of architecture "recurrent"; what its mixers knew before is forgotten.
        texts: bytes, (n,), of different kinds; pieces of them are read in turn.
    """
    bare = {name: one for name, one in network.tensors.items() if not name.startswith(MIXERS)}
    model = NetworkModel(StoredModel(network.architecture, network.config, bare))
    for piece in _pieces(texts):
        model.experience = NetworkCodec(model, max_lanes=1).learn(piece)
    known = {} if model.experience is None else model.experience.arrays
    learnt = {MIXERS + name: array for name, array in known.items()}
    return StoredModel(network.architecture, network.config, {**bare, **learnt})


def _pieces(texts: Sequence[NDArray[np.uint8]]) -> Iterator[NDArray[np.uint8]]:
    longest = max((text.size for text in texts), default=0)
    for start in range(0, longest, PIECE_BYTES):
        for text in texts:
            if piece := text[start : start + PIECE_BYTES].tobytes():
                yield np.frombuffer(piece, np.uint8)
