"""The adaptive byte model as a symbol model."""

from __future__ import annotations

import hashlib

import numpy as np

from neurocomp.errors import UsageError
from neurocomp.exact import Frequencies, Symbols
from neurocomp.models.adaptive import blend, trie

ALPHABET_SIZE = 256
MAX_LANES = 4096
FIRST_CAPACITY = 1 << 16
MAX_NODES = 1 << 22
"""Rows of the trie at most: 64 MiB."""

HISTORY_SYMBOLS = 1 << 18
"""A full trie is built anew from this many of the latest symbols."""

_SPECIFICATION = (
    f"neurocomp adaptive 1: order {trie.ORDER}, unit {trie.UNIT}, shadowed {trie.SHADOWED_UNIT}, "
    f"limit {trie.COUNT_LIMIT}, discount {blend.DISCOUNT}, rate {blend.RATE}, "
    f"nodes {MAX_NODES}, history {HISTORY_SYMBOLS}"
)


class AdaptivePredictor:
    """A context trie, its escape shares, and the lanes' places in it.

    The lanes share trie and shares, and update them in lane order.
    """

    def __init__(self, num_lanes: int) -> None:
        if not 1 <= num_lanes <= MAX_LANES:
            raise UsageError(f"the adaptive model takes 1 to {MAX_LANES} lanes, not {num_lanes}")
        self._nodes = np.empty((FIRST_CAPACITY, 4), np.int32)
        self._lanes = np.empty((num_lanes, blend.LANE_COLUMNS), np.int32)
        self._escapes = blend.initial_escapes()
        self._history = np.empty((HISTORY_SYMBOLS // num_lanes, num_lanes), np.uint8)
        self._num_steps = 0
        self._used: int
        self._rows_per_step = num_lanes * (trie.ORDER + 1)
        self._weights = np.empty(ALPHABET_SIZE, np.int64)
        self._out = np.empty((num_lanes, ALPHABET_SIZE), np.int32)
        self._forget()

    def frequencies(self) -> Frequencies:
        """Return the tables of all lanes, int32 (lanes, 256)."""
        blend.predict(self._nodes, self._lanes, self._escapes, self._weights, self._out)
        return self._out

    def update(self, symbols: Symbols) -> None:
        """Learn the next ``symbols``, int32 (lanes,) in 0..255."""
        if self._used + self._rows_per_step > self._nodes.shape[0]:
            self._make_room()
        self._history[self._num_steps % self._history.shape[0]] = symbols
        self._num_steps += 1
        self._used = blend.learn(self._nodes, self._used, self._lanes, self._escapes, symbols)

    def _forget(self) -> None:
        trie.clear(self._nodes)
        self._used = 1
        self._lanes[:] = -1
        self._lanes[:, 0] = 0
        self._lanes[:, blend.OUTCOMES] = 0

    def _make_room(self) -> None:
        capacity = self._nodes.shape[0]
        if capacity < MAX_NODES:
            larger = np.empty((2 * capacity, 4), np.int32)
            larger[: self._used] = self._nodes[: self._used]
            self._nodes = larger
            return
        # The latest symbols fill less than half of the trie, whatever they are.
        num_kept = min(self._num_steps, self._history.shape[0])
        first = self._num_steps - num_kept
        self._forget()
        for step in range(first, self._num_steps):
            symbols = self._history[step % self._history.shape[0]].astype(np.int32)
            self._used = blend.learn(self._nodes, self._used, self._lanes, self._escapes, symbols)


class AdaptiveModel:
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
        """4 bytes that change with every constant of the model."""
        return hashlib.sha256(_SPECIFICATION.encode()).digest()[:4]

    def predictor(self, num_lanes: int) -> AdaptivePredictor:
        """Return an empty predictor.

        Raises:
            UsageError: ``num_lanes`` is not in 1..4096.
        """
        return AdaptivePredictor(num_lanes)

    def num_lanes(self, num_symbols: int) -> int:
        """Return 1: lanes would only learn later from each other than a single one does."""
        return 1
