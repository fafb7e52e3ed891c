"""Windows of symbols in a fixed shuffle, and the part of the data held out for validation."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurocomp.errors import FormatError, UsageError
from neurocomp.training.data import Symbols


def hold_out(symbols: Symbols, separator: int, share: float) -> tuple[Symbols, Symbols]:
    """Return the part of a file to train on and the part to validate on: its last documents.

    Args:
        symbols: a file, shape (symbols,).
        separator: the symbol between documents; no document is in both parts, unless it is longer
            than four validation parts.
        share: size of the validation part in files' sizes, at least; 0..1.
    """
    cut = int(symbols.size * (1 - share))
    first = max(0, int(symbols.size * (1 - 5 * share)))
    ends = first + np.flatnonzero(symbols[first:cut] == separator)
    if ends.size:
        cut = int(ends[-1])
        return symbols[:cut], symbols[cut + 1 :]
    return symbols[:cut], symbols[cut:]


def spread_pieces(parts: Sequence[Symbols], count: int, length: int) -> list[Symbols]:
    """Return up to ``count`` pieces of ``length`` symbols, evenly spaced over ``parts``.

    A part that is shorter than ``length`` is one piece, if it is not empty.
    """
    total = sum(part.size for part in parts)
    pieces = []
    for part in parts:
        num_pieces = max(1, min(round(count * part.size / max(1, total)), part.size // length))
        starts = np.linspace(0, max(0, part.size - length), num_pieces).astype(int)
        pieces += [part[start : start + length] for start in starts]
    return [piece for piece in pieces if piece.size]


class WindowStream:
    """An endless sequence of windows that depends on data, weights and seed only.

    Every kind of data is a sequence of its own: each epoch cuts its files at another offset and
    shuffles the windows.  Sample n is of the kind that lags most behind its weight, so the mixture
    is exact at any time.  The position is one count for each kind.

    Args:
        kinds: the files of each kind.
        weights: the share of each kind in the samples; they need not add up to 1.
        window: T, symbols to predict in each window.
        context: symbols before the window that belong to its sample; the separator stands for
            those before the start of a file.
        separator: the symbol between documents.
        seed: seed of the shuffle.

    Raises:
        UsageError: a kind has no whole window.
    """

    def __init__(
        self,
        kinds: Mapping[str, Sequence[Symbols]],
        weights: Mapping[str, float],
        window: int,
        context: int,
        separator: int,
        seed: int,
    ) -> None:
        self._files = [list(kinds[name]) for name in sorted(kinds)]
        shares = np.asarray([weights[name] for name in sorted(kinds)], np.float64)
        self._shares = shares / shares.sum()
        self._names = sorted(kinds)
        self._window, self._context, self._separator = window, context, separator
        self._seed = seed
        self._counts = [0] * len(self._files)
        self._orders: dict[int, tuple[int, NDArray[np.int64]]] = {}
        # One window less in each file than would fit, so that any offset leaves as many.
        self._sizes = [[max(0, file.size // window - 1) for file in files] for files in self._files]
        for name, sizes in zip(self._names, self._sizes, strict=True):
            if not sum(sizes):
                raise UsageError(
                    f"the data of kind {name!r} have no two windows of {window} symbols: "
                    "add data, or choose a smaller data.window"
                )

    def symbol_counts(self, alphabet_size: int) -> NDArray[np.int64]:
        """Return how often each symbol occurs in the files of all kinds, shape (V,)."""
        counts = np.zeros(alphabet_size, np.int64)
        for file in itertools.chain.from_iterable(self._files):
            counts += np.bincount(file, minlength=alphabet_size)
        return counts

    def state(self) -> dict[str, int]:
        """Return the position: how many windows of each kind were taken."""
        return dict(zip(self._names, self._counts, strict=True))

    def restore(self, state: Mapping[str, int]) -> None:
        """Go to a position that `state` returned.

        Raises:
            UsageError: the position is one in data of other kinds.
            FormatError: it is not one.
        """
        if sorted(state) != self._names:
            raise UsageError(
                f"the checkpoint was trained on {', '.join(sorted(state))}, "
                f"not on {', '.join(self._names)}: give the same --data"
            )
        counts = [state[name] for name in self._names]
        if not all(type(count) is int and count >= 0 for count in counts):
            raise FormatError(f"a position in the data is {dict(state)!r}, not counts of windows")
        self._counts = counts

    def take(self, count: int, rank: int = 0, num_ranks: int = 1) -> NDArray[np.int64]:
        """Return this rank's share of the next ``count`` samples, which are then taken.

        Returns:
            Shape (count / num_ranks, context + window), int64.
        """
        samples = [self._next() for _ in range(count)]
        share = count // num_ranks
        return np.stack([self._cut(*one) for one in samples[rank * share : (rank + 1) * share]])

    def _next(self) -> tuple[int, int]:
        lags = self._shares * (sum(self._counts) + 1) - self._counts
        kind = int(np.argmax(lags))
        self._counts[kind] += 1
        return kind, self._counts[kind] - 1

    def _cut(self, kind: int, index: int) -> NDArray[np.int64]:
        epoch, number = divmod(index, sum(self._sizes[kind]))
        if self._orders.get(kind, (-1,))[0] != epoch:
            rng = np.random.default_rng((self._seed, kind, epoch))
            offset = rng.integers(self._window, size=1)
            self._orders[kind] = epoch, np.append(rng.permutation(sum(self._sizes[kind])), offset)
        order: NDArray[Any] = self._orders[kind][1]
        place = int(order[number])
        file = 0
        while place >= self._sizes[kind][file]:
            place -= self._sizes[kind][file]
            file += 1
        symbols, start = self._files[kind][file], int(order[-1]) + place * self._window
        sample = np.full(self._context + self._window, self._separator, np.int64)
        known = min(self._context, start)
        sample[self._context - known :] = symbols[start - known : start + self._window]
        return sample
