"""Lanes spread over the cores."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise
from typing import Generic, Protocol, TypeVar

import numpy as np

from neurocomp.codec.contract import Predictor
from neurocomp.exact import Frequencies, Symbols
from neurocomp.threads import submit


class SomeLanes(Protocol):
    """Lanes that one thread advances; a `Predictor` of these alone."""

    def frequencies(self) -> Frequencies:
        """Return their tables, int32 (lanes, V)."""

    def update(self, symbols: Symbols) -> None:
        """Append the next ``symbols``, int32 (lanes,)."""


class ForeseeingLanes(SomeLanes, Protocol):
    """Lanes that read several steps at once where their symbols are known."""

    def foresee(self, piece: Symbols) -> Frequencies:
        """Return the tables (steps, lanes, V) before each of the next symbols (steps, lanes).

        No piece is longer than the first.
        """


Group = TypeVar("Group", bound=SomeLanes)
Result = TypeVar("Result")


class LaneGroups(Predictor, Generic[Group]):
    """All lanes of a block, in groups that advance at the same time on cores of their own.

    Groups share nothing that changes before the next `update`, so their number changes the time and
    nothing else.

    Args:
        num_lanes: number of all lanes.
        num_threads: number of groups at most.
        make: returns the group of some of the lanes.
    """

    def __init__(self, num_lanes: int, num_threads: int, make: Callable[[slice], Group]) -> None:
        num_groups = min(num_threads, num_lanes)
        bounds = [num_lanes * i // num_groups for i in range(num_groups + 1)]
        self._slices = [slice(*pair) for pair in pairwise(bounds)]
        self._groups = [make(one) for one in self._slices]
        self._executor = ThreadPoolExecutor(num_groups - 1) if num_groups > 1 else None

    def frequencies(self) -> Frequencies:
        """Return the tables of all lanes, int32 (lanes, V)."""
        tables = self.at_once(lambda group, _: group.frequencies())
        return tables[0] if len(tables) == 1 else np.concatenate(tables)

    def at_once(self, work: Callable[[Group, slice], Result]) -> list[Result]:
        """Return the results of ``work`` for each group and its lanes, on separate cores."""
        (first, lanes), *others = zip(self._groups, self._slices, strict=True)
        if self._executor is None:
            return [work(first, lanes)]
        pending = [submit(self._executor, partial(work, *one)) for one in others]
        return [work(first, lanes), *(one.result() for one in pending)]

    def update(self, symbols: Symbols) -> None:
        """Append the next ``symbols``, int32 (lanes,)."""
        for group, lanes in zip(self._groups, self._slices, strict=True):
            group.update(symbols[lanes])


MAX_TABLES = 64
"""Tables that an encoder holds of each group."""


class ForeseeingGroups(LaneGroups[ForeseeingLanes]):
    """Groups that read several steps at once for an encoder.

    Args:
        num_lanes: number of all lanes.
        num_threads: number of groups at most.
        make: returns the group of so many lanes.
    """

    def __init__(
        self, num_lanes: int, num_threads: int, make: Callable[[int], ForeseeingLanes]
    ) -> None:
        super().__init__(num_lanes, num_threads, lambda lanes: make(lanes.stop - lanes.start))
        self._max_steps = max(MAX_TABLES * num_threads // num_lanes, 1)

    def foresee(self, grid: Symbols) -> Iterator[Frequencies]:
        """Yield the tables before each step of ``grid`` (steps, lanes), several read at once."""
        for first in range(0, len(grid), self._max_steps):
            piece = grid[first : first + self._max_steps]
            parts = self.at_once(partial(_foresee, piece))
            for step in range(len(piece)):
                if len(parts) == 1:
                    yield np.ascontiguousarray(parts[0][step])
                else:
                    yield np.concatenate([part[step] for part in parts])


def _foresee(piece: Symbols, group: ForeseeingLanes, lanes: slice) -> Frequencies:
    return group.foresee(piece[:, lanes])
