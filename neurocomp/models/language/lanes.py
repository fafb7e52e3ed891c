"""Lanes of a language model on all cores."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from neurocomp import _core
from neurocomp.exact import Symbols
from neurocomp.threads import new_pool, num_cores

if TYPE_CHECKING:
    from concurrent.futures import Future

Logits = NDArray[np.int32]


class LanguageLanes:
    """Reads tokens lane by lane; cores share the work of each step (``core/src/base/team.hpp``).

    Weights are read once for all lanes, and a single lane is read by all cores, too.

    Args:
        transformer: of the core.
        alphabet_size: of it.
        num_lanes: in all.
        window: positions that a lane sees.
        max_steps: that are read at once.
        start: int32 (steps,), read before the first.
    """

    def __init__(
        self,
        transformer: _core.language.Transformer,
        alphabet_size: int,
        num_lanes: int,
        window: int,
        max_steps: int,
        start: Symbols,
    ) -> None:
        num_threads = num_cores()
        self._lanes = _core.language.Lanes(
            transformer, num_lanes, window, max_steps + len(start) - 1, num_threads
        )
        self._logits = np.empty((num_lanes * max_steps, alphabet_size), np.int32)
        self._next = np.tile(start, (num_lanes, 1))
        self._helpers = new_pool(num_threads - 1) if num_threads > 1 else None
        self._num_threads = num_threads

    def foresee(self, piece: Symbols) -> Iterator[list[tuple[int, Logits]]]:
        """Yield what comes before each of the next symbols (lanes, steps).

        Args:
            piece: at most ``max_steps`` steps.

        Yields:
            The first lane of each part, and its logits (lanes, V), which hold until the next call.
        """
        num_steps = piece.shape[1]
        read = np.concatenate([self._next, piece[:, :-1]], axis=1)
        self._next = piece[:, -1:].copy()
        logits = self._read(read, num_steps)
        for step in range(num_steps):
            yield [(0, logits[step::num_steps])]

    def logits(self) -> list[tuple[int, Logits]]:
        """Return the same for the next symbols."""
        return [(0, self._read(self._next, 1))]

    def update(self, symbols: Symbols) -> None:
        """Append ``symbols`` (lanes,)."""
        self._next = symbols[:, None].copy()

    def _read(self, symbols: Symbols, num_steps: int) -> Logits:
        """Return the logits after each of the last ``num_steps`` symbols of lanes."""
        symbols = np.ascontiguousarray(symbols, np.int32)
        logits = self._logits[: len(symbols) * num_steps]
        step = self._lanes.begin()
        helpers = self._ask_for_help(step)
        try:
            self._lanes.read(symbols)
            self._lanes.write_logits(logits)
        finally:
            self._lanes.end()
            for helper in helpers:
                # One that has not begun by now, as in a process that was forked, never need.
                if not helper.cancel():
                    helper.result()
        return logits

    def _ask_for_help(self, step: int) -> list[Future[None]]:
        """Have other threads assist; without any, the step takes longer, and that is all."""
        if self._helpers is None:
            return []
        try:
            return [
                self._helpers.submit(self._lanes.assist, member, step)
                for member in range(1, self._num_threads)
            ]
        except RuntimeError:  # the interpreter ends, and pools take no work
            return []
