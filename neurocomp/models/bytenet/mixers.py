"""Teaching the mixers beside a network, by coding text.

What they are to know is where they learn best from in any text: after each piece, weights go a part
of the way to those it has led to (A. Nichol, J. Achiam, J. Schulman, On first-order meta-learning
algorithms, 2018, "Reptile"). Maps, which count, are kept as each piece leaves them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from neurocomp.errors import UsageError
from neurocomp.models.bytenet import NetworkModel
from neurocomp.models.bytenet.codec import NetworkCodec
from neurocomp.models.bytenet.model import MIXERS
from neurocomp.models.mix.experience import ADAPTIVE_MAPS, Experience
from neurocomp.store.stored import StoredModel

_PIECE_BYTES = 6_000
"""Text of one kind at a time: each piece starts afresh except for what the mixers know."""

_FIRST_SHARE, _LAST_SHARE = 0.4, 0.15
"""Share of the way that weights move; it falls geometrically."""


def teach_mixers(network: StoredModel, texts: Sequence[NDArray[np.uint8]]) -> StoredModel:
    """Return ``network`` with what the mixers learn from texts that it was not trained on.

    Args:
        network: network of architecture "recurrent"; the earlier knowledge of its mixers is lost.
        texts: bytes, (n,), of different kinds; pieces of them are read in turn.

    Raises:
        UsageError: there is not text.
    """
    if not any(text.size for text in texts):
        raise UsageError("there is not text to learn from: all files are empty")
    bare = {name: one for name, one in network.tensors.items() if not name.startswith(MIXERS)}
    model = NetworkModel(StoredModel(network.architecture, network.config, bare))
    pieces = list(_pieces(texts))
    for number, piece in enumerate(pieces):
        learnt = NetworkCodec(model).learn(piece)
        # What little the first pieces know is soon forgotten: at first, a mean of all of them.
        falling = _FIRST_SHARE * (_LAST_SHARE / _FIRST_SHARE) ** (number / len(pieces))
        share = max(falling, len(texts) / (number + len(texts)))
        model.experience = _moved(model.experience, learnt, share)
    known = {} if model.experience is None else model.experience.arrays
    mixers = {MIXERS + name: array for name, array in known.items()}
    return StoredModel(network.architecture, network.config, {**bare, **mixers})


def _moved(known: Experience | None, learnt: Experience, share: float) -> Experience:
    """Return ``known`` with its weights moved by ``share`` of the way to those of ``learnt``."""
    if known is None:
        return learnt
    arrays = dict(learnt.arrays)
    for name in arrays.keys() - set(ADAPTIVE_MAPS):
        before = known.arrays[name]
        way = (arrays[name].astype(np.int64) - before) * share
        arrays[name] = before + np.rint(way).astype(before.dtype)
    return Experience(arrays)


def _pieces(texts: Sequence[NDArray[np.uint8]]) -> Iterator[bytes]:
    longest = max((text.size for text in texts), default=0)
    for start in range(0, longest, _PIECE_BYTES):
        for text in texts:
            if piece := text[start : start + _PIECE_BYTES].tobytes():
                yield piece
