"""The running state of a transformer over the lanes of a block."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np

from neurocomp.errors import FormatError
from neurocomp.exact import Frequencies, Symbols
from neurocomp.exact.scaling import MAX_POSITIONS
from neurocomp.models.common.lanes import ForeseeingGroups
from neurocomp.models.transformer.network import Network


class LaneGroup:
    """Lanes that one thread advances.

    Symbols are read into a window of the model's context.  When the window is full, its last
    ``overlap`` symbols are read again from position 0 on: learnt positions can't be moved.

    Args:
        network: network that all groups share.
        num_lanes: number of lanes of this group.
        context: number of positions of the window.
        overlap: number of symbols that are read again, 1 to context - 1.
        start_symbol: symbol that is read before the first one.
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

    def foresee(self, piece: Symbols) -> Frequencies:
        """Return the tables (steps, lanes, V) before each of the next symbols (steps, lanes)."""
        parts = []
        while len(piece) > 0:
            num_fitting = self._window.shape[1] - self._num_known
            news, piece = piece[: num_fitting + 1], piece[num_fitting + 1 :]
            parts.append(self._read(news[:-1]))
            self.update(news[-1])
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _read(self, news: Symbols) -> Frequencies:
        """Append ``news`` (steps, lanes), which fit; return the tables before and after each.

        The last symbol of the window has not been read.
        """
        first, end = self._num_known - 1, self._num_known + len(news)
        self._window[:, self._num_known : end] = news.T
        if self._num_read < first:  # their tables were used before the window moved
            self._network.last_rows(
                self._window[:, self._num_read : first], self._caches, self._num_read
            )
        tables = self._network.advance_all(self._window[:, first:end], self._caches, first)
        self._num_read = self._num_known = end
        return tables.reshape(len(self._window), end - first, -1).swapaxes(0, 1)


class Reader(Protocol):
    """Lanes that are read over a sliding window: each symbol once."""

    def read_all(self, symbols: Symbols) -> Frequencies:
        """Read ``symbols`` (lanes, steps); return the tables (lanes * steps, V) after each."""


MakeReader = Callable[[int, int], Reader]
"""Returns the reader of so many lanes, which reads so many steps at once at most."""


class EngineLanes:
    """A `Reader` on any engine.

    Args:
        network: network that all readers share.
        num_lanes: number of lanes.
        length: number of positions of the window.
        max_steps: largest number of steps that are read at once.
    """

    def __init__(self, network: Network, num_lanes: int, length: int, max_steps: int = 1) -> None:
        self._network = network
        self._caches = network.caches(num_lanes, length, max_steps)
        self._num_read = 0

    def read_all(self, symbols: Symbols) -> Frequencies:
        """Read ``symbols`` (lanes, steps); return the tables (lanes * steps, V) after each."""
        tables = self._network.advance_all(symbols, self._caches, self._num_read)
        self._num_read += symbols.shape[1]
        return tables


class WindowGroup:
    """Lanes that one thread advances, over a window that slides.

    Args:
        make: a function that returns their reader.
        num_lanes: number of lanes of this group.
        start_symbol: symbol that is read before the first one.
    """

    def __init__(self, make: MakeReader, num_lanes: int, start_symbol: int) -> None:
        self._make = make
        self._num_lanes = num_lanes
        self._reader: Reader | None = None
        self._next = np.full((num_lanes, 1), start_symbol, np.int32)
        self._num_read = 0
        self._tables: Frequencies | None = None

    def frequencies(self) -> Frequencies:
        """Return the tables (lanes, V) of what follows."""
        if self._tables is None:
            self._tables = self._read(self._next)
        return self._tables

    def foresee(self, piece: Symbols) -> Frequencies:
        """Return the tables (steps, lanes, V) before each of the next symbols (steps, lanes).

        No piece is longer than the first.
        """
        read = np.concatenate([self._next, piece[:-1].T], axis=1)
        self._next = np.ascontiguousarray(piece[-1:].T, np.int32)
        tables = self._read(read)
        return tables.reshape(self._num_lanes, len(piece), -1).swapaxes(0, 1)

    def _read(self, symbols: Symbols) -> Frequencies:
        self._num_read += symbols.shape[1]
        if self._num_read > MAX_POSITIONS:
            raise FormatError(f"a lane of the block is longer than {MAX_POSITIONS} tokens")
        if self._reader is None:
            self._reader = self._make(self._num_lanes, symbols.shape[1])
        return self._reader.read_all(symbols)

    def update(self, symbols: Symbols) -> None:
        """Append ``symbols`` (lanes,)."""
        self.frequencies()  # reads what came before, where nobody asked for tables
        self._next = np.ascontiguousarray(symbols[:, None], np.int32)
        self._tables = None


class WindowPredictor(ForeseeingGroups):
    """All lanes of a block, each a `WindowGroup`'s.

    Args:
        make: a function that returns the readers.
        num_lanes: number of all lanes.
        num_threads: largest number of groups.
        start_symbol: symbol that is read before the first one.
    """

    def __init__(
        self,
        make: MakeReader,
        num_lanes: int,
        *,
        num_threads: int,
        start_symbol: int,
    ) -> None:
        super().__init__(
            num_lanes, num_threads, lambda lanes: WindowGroup(make, lanes, start_symbol)
        )


class TransformerPredictor(ForeseeingGroups):
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
            lambda lanes: LaneGroup(network, lanes, context, overlap, start_symbol),
        )
