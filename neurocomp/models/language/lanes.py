"""Lanes of a language model on all cores."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from neurocomp import _core
from neurocomp.exact import Symbols
from neurocomp.threads import num_cores, submit

Logits = NDArray[np.int32]


class LanguageLanes:
    """Reads tokens lane by lane; groups of lanes advance on cores of their own.

    Args:
        transformer: of the core.
        alphabet_size: of it.
        num_lanes: in all.
        window: positions that a lane sees.
        max_steps: that are read at once.
        start_symbol: read before the first.
    """

    def __init__(
        self,
        transformer: _core.language.Transformer,
        alphabet_size: int,
        num_lanes: int,
        window: int,
        max_steps: int,
        start_symbol: int,
    ) -> None:
        num_groups = min(num_cores(), num_lanes)
        bounds = [num_lanes * i // num_groups for i in range(num_groups + 1)]
        self._slices = [slice(*pair) for pair in pairwise(bounds)]
        sizes = [one.stop - one.start for one in self._slices]
        self._groups = [
            _core.language.Lanes(transformer, size, window, max_steps) for size in sizes
        ]
        self._logits = [np.empty((size * max_steps, alphabet_size), np.int32) for size in sizes]
        self._next = np.full((num_lanes, 1), start_symbol, np.int32)
        self._executor = ThreadPoolExecutor(num_groups - 1) if num_groups > 1 else None

    def foresee(self, piece: Symbols) -> Iterator[list[tuple[int, Logits]]]:
        """Yield what comes before each of the next symbols (lanes, steps).

        Args:
            piece: at most ``max_steps`` steps.

        Yields:
            Of each group its first lane, and logits (lanes, V), which hold until the next call.
        """
        num_steps = piece.shape[1]
        read = np.concatenate([self._next, piece[:, :-1]], axis=1)
        self._next = piece[:, -1:].copy()
        parts = self._at_once(read)
        for step in range(num_steps):
            yield [(first, logits[step::num_steps]) for first, logits in parts]

    def logits(self) -> list[tuple[int, Logits]]:
        """Return the same for the next symbols."""
        return self._at_once(self._next)

    def update(self, symbols: Symbols) -> None:
        """Append ``symbols`` (lanes,)."""
        self._next = symbols[:, None].copy()

    def _at_once(self, symbols: Symbols) -> list[tuple[int, Logits]]:
        work = [partial(self._read, number, symbols) for number in range(len(self._groups))]
        if self._executor is None:
            return [work[0]()]
        pending = [submit(self._executor, one) for one in work[1:]]
        return [work[0](), *(one.result() for one in pending)]

    def _read(self, number: int, symbols: Symbols) -> tuple[int, Logits]:
        lanes = self._slices[number]
        part = np.ascontiguousarray(symbols[lanes], np.int32)
        self._groups[number].read(part)
        logits = self._logits[number][: part.size]
        self._groups[number].write_logits(logits)
        return lanes.start, logits
