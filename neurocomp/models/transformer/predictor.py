"""The running state of a transformer over the lanes of a block."""

from __future__ import annotations

import numpy as np

from neurocomp.exact import Frequencies, Symbols
from neurocomp.models.lanes import LaneGroups
from neurocomp.models.transformer.network import Network


class LaneGroup:
    """Lanes that one thread advances.

    Symbols are read into a window of the model's context.  When the window is full, its last
    ``overlap`` symbols are read anew from position 0 on: learnt positions can't be moved.

    Args:
        network: shared by all groups.
        num_lanes: of this group.
        context: positions of the window.
        overlap: 1 to context - 1.
        start_symbol: read before the first symbol.
    """

    def __init__(
        self, network: Network, num_lanes: int, context: int, overlap: int, start_symbol: int
    ) -> None:
        self._network = network
        self._overlap = overlap
        self._caches = network.caches(num_lanes)
        self._window = np.empty((num_lanes, context), np.int32)
        self._window[:, 0] = start_symbol
        self._num_read = 0
        self._num_known = 1
        self._tables: Frequencies | None = None

    def frequencies(self) -> Frequencies:
        """Return the tables (lanes, V) of what follows the window."""
        if self._tables is None:
            news = self._window[:, self._num_read : self._num_known]
            self._tables = self._network.advance(news, self._caches, self._num_read)
            self._num_read = self._num_known
        return self._tables

    def update(self, symbols: Symbols) -> None:
        """Append ``symbols`` (lanes,) to the window."""
        if self._num_known == self._window.shape[1]:
            kept = self._overlap - 1
            self._window[:, :kept] = self._window[:, self._num_known - kept :].copy()
            self._num_read, self._num_known = 0, kept
        self._window[:, self._num_known] = symbols
        self._num_known += 1
        self._tables = None


class TransformerPredictor(LaneGroups):
    """All lanes of a block, each a `LaneGroup`'s."""

    def __init__(
        self,
        network: Network,
        num_lanes: int,
        *,
        num_threads: int,
        context: int,
        overlap: int,
        start_symbol: int,
    ) -> None:
        super().__init__(
            num_lanes,
            num_threads,
            lambda lanes: LaneGroup(
                network, lanes.stop - lanes.start, context, overlap, start_symbol
            ),
        )
