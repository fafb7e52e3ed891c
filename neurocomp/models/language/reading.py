"""Lanes that are read together, by this thread and others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from neurocomp import _core
from neurocomp.exact import Symbols
from neurocomp.threads import offer

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

Logits = NDArray[np.int32]


class LaneGroup:
    """Reads symbols in all its lanes at once, now or while this thread does something else.

    Other threads may come late, or not at all, as in a process that was forked between steps: what
    they have not begun is done here.

    Args:
        lanes: lanes of the core.
        num_lanes: number of these lanes.
        buffers: buffers for the logits of the most steps, (lanes * steps, V); they take turns.
        pool: pool of other threads; None for this thread alone.
        num_threads: number of all threads.

    Attributes:
        num_lanes: number of the lanes.
    """

    def __init__(
        self,
        lanes: _core.language.Lanes,
        num_lanes: int,
        buffers: list[Logits],
        pool: ThreadPoolExecutor | None,
        num_threads: int,
    ) -> None:
        self.num_lanes = num_lanes
        self._lanes = lanes
        self._buffers = buffers
        self._pool = pool
        self._num_threads = num_threads
        self._symbols: Symbols | None = None
        self._number = 0
        self._leader: Future[None] | None = None
        self._helpers: list[Future[None]] = []

    @property
    def is_begun(self) -> bool:
        """Whether symbols were begun with and `finish` is to be called."""
        return self._symbols is not None

    def take(self, other: LaneGroup) -> None:
        """Have all lanes read what the first one of ``other`` has."""
        self._lanes.take(other._lanes)

    def skip(self, symbols: Symbols) -> None:
        """Read symbols (lanes, steps) without their logits."""
        self._lanes.begin()
        try:
            self._lanes.read(symbols)
        finally:
            self._lanes.end()

    def read(self, symbols: Symbols) -> Logits:
        """Read symbols (lanes, steps); return the logits (lanes * steps, V) after each."""
        self._prepare(symbols)
        with self._ended_on_failure():
            self._helpers = self._ask_for_help(1)
            return self.finish()

    def begin(self, symbols: Symbols) -> None:
        """Have other threads begin to read symbols (lanes, steps)."""
        self._prepare(symbols)
        with self._ended_on_failure():
            self._leader = self._submit(self._lead)
            self._helpers = self._ask_for_help(2)

    def finish(self) -> Logits:
        """Take part in what was begun; return its logits."""
        leader, self._leader = self._leader, None
        with self._ended_on_failure():
            if leader is None or leader.cancel():
                self._lead()
            else:
                self._lanes.assist(1, self._number)
                leader.result()
        for helper in self._helpers:
            # One that has not begun by now never need.
            if not helper.cancel():
                helper.result()
        logits, self._symbols = self._logits, None
        self._buffers.append(self._buffers.pop(0))
        return logits

    def _prepare(self, symbols: Symbols) -> None:
        self._symbols = np.ascontiguousarray(symbols, np.int32)
        self._logits = self._buffers[0][: symbols.size]
        self._number = self._lanes.begin()

    @contextmanager
    def _ended_on_failure(self) -> Iterator[None]:
        """End the step if this thread is interrupted: helpers would wait for it for ever."""
        try:
            yield
        except BaseException:
            self._lanes.end()
            raise

    def _lead(self) -> None:
        assert self._symbols is not None
        try:
            self._lanes.read(self._symbols)
            self._lanes.write_logits(self._logits)
        finally:
            self._lanes.end()

    def _ask_for_help(self, first: int) -> list[Future[None]]:
        """Have other threads assist as members from ``first`` on."""
        numbers = range(first, self._num_threads)
        asked = [self._submit(self._lanes.assist, member, self._number) for member in numbers]
        return [one for one in asked if one is not None]

    def _submit(self, work: Callable[..., None], *arguments: int) -> Future[None] | None:
        """Return None where there are no other threads; without any, a step takes longer."""
        return None if self._pool is None else offer(self._pool, partial(work, *arguments))
