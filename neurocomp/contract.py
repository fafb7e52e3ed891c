"""What a predictive model is.

A *symbol model* gives, at each step, a frequency table over the next symbol of every lane and is
coded by any entropy coder.  A *binary model* gives the probability of the next bit and is coded
by the binary arithmetic coder only.  Both are pure functions of stored integers and past
symbols, so that a decoder repeats every prediction exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol, Self, runtime_checkable

from neurocomp.exact import Frequencies, Stream, Symbols


class Predictor(Protocol):
    """The running state of a symbol model over the lanes of one block."""

    def frequencies(self) -> Frequencies:
        """Return the tables for the next symbol of each lane.

        Shape (lanes, alphabet size), dtype int32; every entry is at least 1 and every row sums to
        ``neurocomp.exact.TOTAL``.  The array may be reused: it holds until the next call.
        """

    def update(self, symbols: Symbols) -> None:
        """Tell the predictor which symbols came next: shape (lanes,), dtype int32."""


@runtime_checkable
class ForesightedPredictor(Predictor, Protocol):
    """A predictor that reads several steps at once where an encoder knows them all."""

    def foresee(self, grid: Symbols) -> Iterator[Frequencies]:
        """Yield the tables before each step of ``grid`` (steps, lanes), the whole block's symbols.

        They are those that ``frequencies`` and ``update`` give step by step, in whose place it is
        called, once.
        """


class SymbolModel(Protocol):
    """A model over an alphabet of symbols, in its exact form.

    A model may also have: ``symbol_map``, the ``neurocomp.symbols.SymbolMap`` between bytes and its
    alphabet, where that is not one of plain integers; ``uses_all_cores``, true where a predictor
    does so by itself; ``has_independent_lanes``,
    true where a lane's tables are the same whatever the other lanes hold, and however many there
    are; ``environment``, bytes, where it is bound to machines of that fingerprint;
    ``prefers_line_feeds``, true where it predicts lines that end in LF better than those of CR LF
    (a binary model may have this as well).
    """

    @property
    def alphabet_size(self) -> int:
        """Number of different symbols, V."""

    @property
    def identity(self) -> bytes:
        """The 32-byte SHA-256 of the model's stored integers, by which frames name it.

        See ``packaged.hash_in_frames``.
        """

    def predictor(self, num_lanes: int) -> Predictor:
        """Return a predictor at the start of a block of ``num_lanes`` lanes."""

    def num_lanes(self, num_symbols: int) -> int:
        """Return the number of lanes that serve a block of ``num_symbols`` >= 1 best.

        A pure function of the length, 1 <= lanes <= num_symbols; the frame records it.
        """


@runtime_checkable
class WindowedModel(SymbolModel, Protocol):
    """A symbol model that sees a window of the past.

    Either it is read anew when it is full, with a chosen overlap, or it slides and has a length.
    """

    @property
    def parameters(self) -> bytes:
        """What a frame records of the choice; empty for the model's own choice."""

    def with_overlap(self, overlap: int) -> Self:
        """Return the model with windows that overlap by that many symbols; raises UsageError."""

    def with_window(self, window: int) -> Self:
        """Return the model with a sliding window of that many symbols; raises UsageError."""

    def with_parameters(self, parameters: bytes) -> Self:
        """Return the model with what a frame records; raises FormatError."""


class BinaryModel(Protocol):
    """A model that predicts bit by bit inside a compiled kernel of ``neurocomp.codec``."""

    @property
    def identity(self) -> bytes:
        """As that of symbol models."""


Tick = Callable[[int], None]
"""Told now and then how many more symbols are done; may raise to stop the work."""


def watch(tick: Tick, num_symbols: int) -> None:
    """Let ``tick`` stop the work, but don't count the symbols."""
    del num_symbols
    tick(0)


@dataclass(frozen=True)
class CodedBlock:
    """What a codec makes of one block's symbols.

    Attributes:
        payload: the coder's output.
        num_symbols: how many symbols it holds.
        num_lanes: lanes that advanced together.
        variant: parameter set of the model, 0 to 3.
    """

    payload: bytes
    num_symbols: int
    num_lanes: int
    variant: int


class Codec(Protocol):
    """A model and a coder in lock-step over the symbols of one block."""

    def encode(self, symbols: Stream, tick: Tick) -> CodedBlock | None:
        """Code at least one symbol, shape (n,); None where that would not save anything."""

    def decode(self, block: CodedBlock, tick: Tick) -> Stream:
        """Return the symbols of ``block``.

        Raises:
            FormatError: the payload is not one of this codec's.
        """
