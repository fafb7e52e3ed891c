"""Costs of a block's symbols, for `neurocomp explain`.

A trace comes of coding the block once more, by the very predictions that its payload was made of:
a codec compares the payload that results with the block's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from neurocomp.errors import FormatError
from neurocomp.symbols import SymbolMap

NUM_LIKELY = 5
"""Symbols that are named as the likeliest of a place."""

Bytes = NDArray[np.uint8]

Bits = NDArray[np.float64]
"""Shape (n,), in bits."""

Starts = NDArray[np.int64]
"""Shape (n,): where in its block each symbol begins, in bytes."""


@dataclass(frozen=True)
class Asked:
    """For which symbols of a block the likeliest ones are wanted.

    Attributes:
        max_symbols: the largest number of symbols.
        first_byte: position in the block of the first byte; if symbols are not pieces of the
            content, the first symbols of all are meant.
    """

    max_symbols: int = 0
    first_byte: int = 0

    def of(self, starts: Starts | None, num_symbols: int) -> range:
        """Return the numbers of these symbols, which begin at ``starts``, if anywhere."""
        first = 0 if starts is None else int(np.searchsorted(starts, self.first_byte))
        return self._range(first, num_symbols)

    def of_bytes(self, num_bytes: int) -> range:
        """Return the numbers of these symbols, where each byte is one."""
        return self._range(min(self.first_byte, num_bytes), num_bytes)

    def _range(self, first: int, num_symbols: int) -> range:
        return range(first, min(first + self.max_symbols, num_symbols))


@dataclass(frozen=True, eq=False)
class Likely:
    """The likeliest symbols before some of a block's, and what they were given.

    Attributes:
        first: number of the symbol that row 0 is about.
        symbols: int32 (m, k), the likeliest first.
        probabilities: float64 (m, k); 0 where there are not so many symbols.
    """

    first: int
    symbols: NDArray[np.int32]
    probabilities: NDArray[np.float64]

    @classmethod
    def nothing(cls) -> Likely:
        """Return the likeliest symbols of no place."""
        empty = np.zeros((0, NUM_LIKELY))
        return cls(0, empty.astype(np.int32), empty)


@dataclass(frozen=True, eq=False)
class Trace:
    """The cost of each of a block's n symbols.

    Attributes:
        ids: int32 (n,), the symbols.
        symbol_map: says what they mean; they stand for the block before transforms are undone.
        bits: cost of each symbol in the payload, (n,).
        opinions: cost of each symbol under parts of the model alone, by their names, (n,) each; NaN
            where a part gave no prediction.
        likely: the likeliest symbols of the places that were asked for.
        num_payloads: coders that worked side by side; each ends within a byte of its bits.
        framing_bytes: bytes of the payload that no coder wrote.
    """

    ids: NDArray[np.int32]
    symbol_map: SymbolMap
    bits: Bits
    opinions: Mapping[str, Bits] = field(default_factory=dict)
    likely: Likely = field(default_factory=Likely.nothing)
    num_payloads: int = 1
    framing_bytes: int = 0


class Shortlist:
    """Collects the likeliest symbols of places, from their frequencies.

    Args:
        asked: numbers of the places.
        alphabet_size: V.
    """

    def __init__(self, asked: range, alphabet_size: int) -> None:
        self.asked = asked
        self._num_likely = min(NUM_LIKELY, alphabet_size)
        self._symbols = np.zeros((len(asked), NUM_LIKELY), np.int32)
        self._probabilities = np.zeros((len(asked), NUM_LIKELY))

    def take(self, place: int, weights: NDArray[np.int32 | np.float64], total: float) -> None:
        """Note the likeliest of a place by their ``weights`` (V,), which sum to ``total``."""
        if place not in self.asked:
            return
        count = self._num_likely
        best = np.argpartition(weights, weights.size - count)[-count:]
        best = best[np.lexsort((best, -weights[best]))]
        row = place - self.asked.start
        self._symbols[row, :count] = best
        self._probabilities[row, :count] = weights[best] / total

    def found(self) -> Likely:
        """Return the notes."""
        return Likely(self.asked.start, self._symbols, self._probabilities)


def clip(asked: range, first: int, last: int) -> range:
    """Return which of the places ``asked`` are in first <= place < last, counted from ``first``."""
    start = min(max(asked.start, first), last)
    return range(start - first, min(max(asked.stop, start), last) - first)


def check_payload(made: bytes | None, payload: bytes) -> None:
    """Raise FormatError unless a block that was coded again has the payload that it had."""
    if made != payload:
        raise FormatError(
            "this version codes the block in another way, so the costs of its symbols are "
            "unknown: decompress the file, and explain its content"
        )
