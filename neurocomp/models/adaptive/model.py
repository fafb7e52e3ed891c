"""The adaptive byte model as a symbol model."""

from __future__ import annotations

import hashlib

import numpy as np

from neurocomp import _core
from neurocomp.codec.contract import Predictor, SymbolModel
from neurocomp.errors import UsageError
from neurocomp.exact import Frequencies, Symbols
from neurocomp.frame.constants import MAX_LANES

ALPHABET_SIZE = 256
FIRST_CAPACITY = 1 << 16
MAX_NODES = 1 << 22
"""Rows of the trie at most: 64 MiB."""

HISTORY_SYMBOLS = 1 << 18
"""A full trie is rebuilt from this many of the latest symbols."""

_NOTHING = hashlib.sha256(b"").digest()


class AdaptivePredictor(Predictor):
    """A context trie, its escape shares, and the lanes' places in it: ``core/src/adaptive``.

    The lanes share trie and shares, and update them in lane order.
    """

    def __init__(self, num_lanes: int) -> None:
        if not 1 <= num_lanes <= MAX_LANES:
            raise UsageError(f"the adaptive model takes 1 to {MAX_LANES} lanes, not {num_lanes}")
        self._predictor = _core.adaptive.Predictor(
            num_lanes, FIRST_CAPACITY, MAX_NODES, HISTORY_SYMBOLS
        )
        self._out = np.empty((num_lanes, ALPHABET_SIZE), np.int32)

    def frequencies(self) -> Frequencies:
        """Return the tables of all lanes, int32 (lanes, 256)."""
        self._predictor.predict(self._out)
        return self._out

    def update(self, symbols: Symbols) -> None:
        """Learn the next ``symbols``, int32 (lanes,) in 0..255."""
        self._predictor.update(np.ascontiguousarray(symbols, np.int32))


class AdaptiveModel(SymbolModel):
    """Predicts bytes from what followed the last 0 to 5 of them earlier in the block.

    Its memory grows with the block up to 64 MiB; when that is full it keeps what the latest
    256 Ki symbols taught it.
    """

    @property
    def alphabet_size(self) -> int:
        """256: the symbols are bytes."""
        return ALPHABET_SIZE

    @property
    def identity(self) -> bytes:
        """The SHA-256 of nothing, which is what is stored of this model."""
        return _NOTHING

    def predictor(self, num_lanes: int) -> AdaptivePredictor:
        """Return an empty predictor.

        Raises:
            UsageError: ``num_lanes`` is not in 1..4096.
        """
        return AdaptivePredictor(num_lanes)

    def num_lanes(self, num_symbols: int) -> int:
        """Return 1: lanes would only learn later from each other than a single one does."""
        return 1
