"""The running state of a transformer over the lanes of a block."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np

from neurocomp.exact import Frequencies, Symbols
from neurocomp.models.base import Predictor
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


class LaneGroups:
    """All lanes of a block, in groups that advance at the same time on cores of their own.

    Lanes are independent, so the groups change the time and nothing else.

    Args:
        num_lanes: in all.
        num_threads: groups at most.
        make: returns the group of some of the lanes.
    """

    def __init__(
        self, num_lanes: int, num_threads: int, make: Callable[[slice], Predictor]
    ) -> None:
        num_groups = min(num_threads, num_lanes)
        bounds = [num_lanes * i // num_groups for i in range(num_groups + 1)]
        self._slices = [slice(*pair) for pair in pairwise(bounds)]
        self._groups = [make(one) for one in self._slices]
        self._executor = ThreadPoolExecutor(num_groups - 1) if num_groups > 1 else None

    def frequencies(self) -> Frequencies:
        """Return the tables of all lanes, int32 (lanes, V)."""
        first, *others = self._groups
        if self._executor is None:
            return first.frequencies()
        pending = [self._executor.submit(group.frequencies) for group in others]
        return np.concatenate([first.frequencies(), *(one.result() for one in pending)])

    def update(self, symbols: Symbols) -> None:
        """Append the next ``symbols``, int32 (lanes,)."""
        for group, lanes in zip(self._groups, self._slices, strict=True):
            group.update(symbols[lanes])


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
