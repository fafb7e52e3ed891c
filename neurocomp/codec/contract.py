"""The interface of models and codecs.

A *symbol model* gives, at each step, a frequency table over the next symbol of every lane and is
coded by any entropy coder.  A *binary model* gives the probability of the next bit and is coded
by the binary arithmetic coder only.  Both are pure functions of stored integers and past
symbols, so that a decoder repeats every prediction exactly.

A codec takes bytes and gives bytes.  Nothing here loads numpy: models of symbols do, and those of
the presets have none.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from neurocomp.errors import FormatError, UnsupportedError, UsageError
from neurocomp.symbols import BYTES, SymbolMap, for_alphabet

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

    from neurocomp.codec.trace import Asked, Trace
    from neurocomp.exact import Frequencies, Symbols


class Predictor(ABC):
    """The running state of a symbol model over the lanes of one block."""

    @abstractmethod
    def frequencies(self) -> Frequencies:
        """Return the tables for the next symbol of each lane.

        Shape (lanes, alphabet size), dtype int32; every entry is at least 1 and every row sums to
        ``neurocomp.exact.TOTAL``.  The array may be reused: it holds until the next call.
        """

    @abstractmethod
    def update(self, symbols: Symbols) -> None:
        """Tell the predictor which symbols came next: shape (lanes,), dtype int32."""

    def foresee(self, grid: Symbols) -> Iterator[Frequencies]:
        """Yield the tables before each step of ``grid`` (steps, lanes), the whole block's symbols.

        They are those that ``frequencies`` and ``update`` give step by step, in whose place it is
        called, once: an encoder, which knows the symbols, may have several steps read at once.
        """
        for column in grid:
            yield self.frequencies()
            self.update(column)


class Model(ABC):
    """The interface of every model; all members but its identity have defaults.

    Attributes:
        prefers_line_feeds: whether it predicts lines that end in LF better than those of CR LF.
        has_independent_lanes: a lane's tables are the same whatever the other lanes hold, and
            however many there are.
        uses_all_cores: a predictor spreads its work over the cores by itself.
    """

    prefers_line_feeds = False
    has_independent_lanes = False
    uses_all_cores = False

    @property
    @abstractmethod
    def identity(self) -> bytes:
        """The 32-byte SHA-256 of the stored integers, by which frames name the model.

        See ``packaged.hash_in_frames``.
        """

    @abstractmethod
    def codec(self, coder: str, dictionary: bytes | None, threads: int) -> Codec:
        """Return the codec of the model.

        Args:
            coder: a name of ``coding.coders.CODERS``; binary models have a coder of their own.
            dictionary: a text that the model reads before each block, if its family takes
                dictionaries; None for nothing.
            threads: sections of blocks that are coded at once, where blocks have several.
        """

    @property
    def symbol_map(self) -> SymbolMap:
        """The map between bytes and symbols: bytes themselves, unless a model has another."""
        return BYTES

    @property
    def alphabet_size(self) -> int:
        """Number of different symbols, V: 256, as of bytes."""
        return 256

    @property
    def parameters(self) -> bytes:
        """Choices made for the model, as a frame records them; empty if there are none."""
        return b""

    @property
    def environment(self) -> bytes:
        """Fingerprint of the machines that it is bound to; empty where it is exact everywhere."""
        return b""

    def with_overlap(self, overlap: int) -> Self:
        """Return the model with windows of context that overlap by that many symbols.

        Raises:
            UsageError: the overlap is out of range, or the model has no window.
        """
        raise UsageError("the model has no window of context that could overlap")

    def with_window(self, window: int) -> Self:
        """Return the model with a sliding window of that many symbols; raises UsageError."""
        raise UsageError("the model has no sliding window")

    def with_parameters(self, parameters: bytes) -> Self:
        """Return the model with the ``parameters`` that a frame records; raises FormatError."""
        raise FormatError("the frame has parameters for a model that takes none")


class SymbolModel(Model):
    """A model over an alphabet of symbols, in its exact form."""

    @property
    @abstractmethod
    def alphabet_size(self) -> int:
        """Number of different symbols, V."""

    @property
    def symbol_map(self) -> SymbolMap:
        """The map between bytes and the alphabet: plain integers, unless a model has another."""
        return for_alphabet(self.alphabet_size)

    def codec(self, coder: str, dictionary: bytes | None, threads: int) -> Codec:
        """Return the lock-step loop of the model and any coder, after the model's map."""
        from neurocomp.codec.mapped import MappedCodec
        from neurocomp.codec.symbolwise import SymbolCodec
        from neurocomp.coding.coders import CODERS

        return MappedCodec(SymbolCodec(self, CODERS[coder]), self.symbol_map, self.alphabet_size)

    @abstractmethod
    def predictor(self, num_lanes: int) -> Predictor:
        """Return a predictor at the start of a block of ``num_lanes`` lanes."""

    @abstractmethod
    def num_lanes(self, num_symbols: int) -> int:
        """Return the number of lanes that serve a block of ``num_symbols`` >= 1 best.

        A pure function of the length, 1 <= lanes <= num_symbols; the frame records it.
        """


class BinaryModel(Model):
    """A model that predicts bit by bit inside a kernel of the core, which has a coder as well."""


Tick = Callable[[int], None]
"""Told now and then how many more symbols are done; may raise to stop the work."""


def watch(tick: Tick, num_symbols: int) -> None:
    """Call ``tick`` so that it can stop the work; count no symbols."""
    del num_symbols
    tick(0)


@dataclass(frozen=True)
class CodedBlock:
    """One coded block.

    Attributes:
        payload: the coder's output.
        num_symbols: number of symbols in the block.
        num_lanes: lanes that advanced together.
        variant: parameter set of the model, 0 to 3.
    """

    payload: bytes
    num_symbols: int
    num_lanes: int
    variant: int


class Codec(ABC):
    """A model and a coder in lock-step: the content of a block to its payload, and back."""

    @abstractmethod
    def encode(self, content: ReadableBuffer, tick: Tick) -> CodedBlock | None:
        """Code at least one byte; None where that would not save anything, or can't be."""

    @abstractmethod
    def decode(self, block: CodedBlock, tick: Tick) -> bytes:
        """Return the content of ``block``.

        Raises:
            FormatError: the payload is not one of this codec's.
        """

    def trace(self, block: CodedBlock, content: bytes | None, asked: Asked, tick: Tick) -> Trace:
        """Return the cost of each symbol of a block.

        Args:
            block: coded.
            content: content of the block, if it is known: it need not be decoded then.
            asked: the symbols for which to find the likeliest ones.
            tick: a function that is called with the progress.

        Raises:
            UnsupportedError: the codec can't tell.
            FormatError: the payload is damaged, or another one would be made of the content.
        """
        raise UnsupportedError("this model cannot report the costs of its symbols")

    def encode_together(self, contents: Sequence[bytes]) -> Sequence[CodedBlock | None]:
        """Code several blocks, side by side where lanes are independent."""
        return [self.encode(one, _idle) for one in contents]

    def decode_together(self, blocks: list[CodedBlock]) -> list[bytes | FormatError]:
        """Return the contents of several blocks, or what is wrong with each."""
        results: list[bytes | FormatError] = []
        for block in blocks:
            try:
                results.append(self.decode(block, _idle))
            except FormatError as error:
                results.append(error)
        return results


def _idle(_: int) -> None:
    """Do nothing: for unobserved work."""
