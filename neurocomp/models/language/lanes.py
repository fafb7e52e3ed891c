"""Lanes of a language model on all cores."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from neurocomp import _core
from neurocomp.exact import Symbols
from neurocomp.models.language.reading import LaneGroup, Logits
from neurocomp.threads import new_pool, num_cores

__all__ = ["LanguageLanes", "Logits"]

MIN_HALVED_LANES = 8
"""Halves of fewer would wait for the weights, which each reads by itself."""

MANY_CORES = 4
"""So many wait for a single one that codes what they have read, even where that is quick."""


class LanguageLanes:
    """Reads tokens lane by lane; cores share the work of each step (``core/src/base/team.hpp``).

    Weights are read once for all lanes, and a single lane is read by all cores, too.  While this
    thread does something else, others read on: what is known beforehand, in `foresee`, or one half
    of many lanes, in `update`.

    Args:
        transformer: transformer of the core.
        alphabet_size: number of its symbols.
        num_lanes: number of all lanes.
        window: number of positions that a lane sees.
        max_steps: largest number of steps that are read at once.
        start: symbols that are read before the first, int32 (steps,).
        takes_long: whether coding takes long, so that others should read half of the lanes
            meanwhile: both halves together take a little longer than all lanes at once.
    """

    def __init__(
        self,
        transformer: _core.language.Transformer,
        alphabet_size: int,
        num_lanes: int,
        window: int,
        max_steps: int,
        start: Symbols,
        *,
        takes_long: bool = False,
    ) -> None:
        self._transformer = transformer
        self._alphabet_size = alphabet_size
        self._num_lanes = num_lanes
        self._window = window
        self._max_steps = max_steps
        self._num_threads = num_cores()
        self._helpers = new_pool(self._num_threads - 1) if self._num_threads > 1 else None
        is_worth_it = takes_long or self._num_threads >= MANY_CORES
        is_halved = num_lanes >= MIN_HALVED_LANES and self._num_threads > 1 and is_worth_it
        self._num_groups = 2 if is_halved else 1
        self._first: LaneGroup | None = None
        self._groups: list[tuple[int, LaneGroup]] = []
        self._start = start[:-1]
        self._next: NDArray[np.int32] = np.full((num_lanes, 1), start[-1], np.int32)

    def foresee(self, grid: Symbols, num_shared: int = 0) -> Iterator[Logits]:
        """Yield what comes before each of the next symbols.

        Args:
            grid: the symbols, (lanes, steps).
            num_shared: number of the first steps in which all lanes read the same, and only the
                first lane is wanted.

        Yields:
            The logits (lanes, V), or (1, V), which hold until the next call.
        """
        read = np.concatenate([self._next, grid[:, :-1]], axis=1)
        self._next = grid[:, -1:].copy()
        if num_shared > 0:
            yield from self._read_all(self._common(2), read[:1, :num_shared])
        if num_shared < read.shape[1]:
            ((_, group),) = self._all_groups(1, num_buffers=2)
            yield from self._read_all(group, read[:, num_shared:])

    def _read_all(self, group: LaneGroup, symbols: Symbols) -> Iterator[Logits]:
        """Yield the logits after each step, while other threads read what follows."""
        pieces = np.split(symbols, range(self._max_steps, symbols.shape[1], self._max_steps), 1)
        group.begin(pieces[0])
        for number, piece in enumerate(pieces):
            logits = group.finish()
            if number + 1 < len(pieces):
                group.begin(pieces[number + 1])
            num_steps = piece.shape[1]
            for step in range(num_steps):
                yield logits[step::num_steps]

    def shared_logits(self) -> Logits:
        """Return the logits (1, V) of the next symbol, which all lanes have in common.

        To be called before any of them has read its own.
        """
        return self._common().read(self._next[:1])

    def share(self, symbol: int) -> None:
        """Append a symbol to all lanes, after `shared_logits`."""
        self._next[:] = symbol

    def logits(self) -> Iterator[tuple[int, Logits]]:
        """Yield the first of some lanes, and the logits (lanes, V) of their next symbols.

        They hold until these are given to `update`, before which the next ones aren't asked for.
        """
        for start, group in self._all_groups(self._num_groups):
            yield start, group.finish() if group.is_begun else group.read(self._own(start, group))

    def update(self, start: int, symbols: Symbols) -> None:
        """Append ``symbols`` (lanes,) to the lanes from ``start`` on; others may read them now."""
        self._next[start : start + len(symbols), 0] = symbols
        if len(self._groups) > 1:
            group = dict(self._groups)[start]
            group.begin(self._own(start, group))

    def _own(self, start: int, group: LaneGroup) -> Symbols:
        return self._next[start : start + group.num_lanes].copy()

    def _all_groups(self, count: int, num_buffers: int = 1) -> list[tuple[int, LaneGroup]]:
        """Return the first lane of each group, and the group."""
        if not self._groups:
            common = self._common(num_buffers)
            self._first = None
            if self._num_lanes == 1:
                self._groups.append((0, common))
                return self._groups
            bounds = [self._num_lanes * number // count for number in range(count + 1)]
            for start, end in pairwise(bounds):
                group = self._group(end - start, num_buffers)
                group.take(common)
                self._groups.append((start, group))
        return self._groups

    def _common(self, num_buffers: int = 1) -> LaneGroup:
        """Return a group of one lane, which has read what all lanes have in common."""
        if self._first is None:
            self._first = self._group(1, num_buffers)
            for symbol in self._start:
                self._first.skip(np.array([[symbol]], np.int32))
        return self._first

    def _group(self, num_lanes: int, num_buffers: int) -> LaneGroup:
        lanes = _core.language.Lanes(
            self._transformer, num_lanes, self._window, self._max_steps, self._num_threads
        )
        size = (num_lanes * self._max_steps, self._alphabet_size)
        buffers = [np.empty(size, np.int32) for _ in range(num_buffers)]
        return LaneGroup(lanes, num_lanes, buffers, self._helpers, self._num_threads)
