"""The interface of symbol maps, and the maps of bytes and of 16-bit integers (token files)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

from neurocomp.frame.constants import SYMBOL_NAMES, SYMBOLS_BYTES, SYMBOLS_UINT16

if TYPE_CHECKING:
    from neurocomp.exact import Stream
    from neurocomp.symbols.description import Description


class SymbolMap(ABC):
    """A reversible map: ``decode(encode(data)) == data``.

    Attributes:
        id: number in frames, given by hand and never reused.
        name: name in messages and in ``neurocomp info``.
        is_vocabulary: symbols are tokens of text.
        takes_any_content: False where content must have a form of its own, such as token files.
    """

    id: int
    name: str
    is_vocabulary = False
    takes_any_content = True

    @abstractmethod
    def encode(self, data: bytes, alphabet_size: int) -> Stream | None:
        """Return ``data`` as symbols below ``alphabet_size``: unsigned integers, shape (n,).

        None where the data has no such form; it is then stored as it is.
        """

    @abstractmethod
    def decode(self, symbols: Stream) -> bytes:
        """Return the bytes that ``symbols`` stand for."""

    def max_symbols(self, num_bytes: int) -> int:
        """Return a number of symbols that no content of ``num_bytes`` exceeds."""
        return num_bytes

    def describe(self, symbols: Stream) -> Description:
        """Return a description of a block's symbols for people."""
        from neurocomp.symbols.description import Description

        del symbols
        return Description()

    def name_of(self, symbol: int) -> bytes | str:
        """Return a symbol as people may read it: the bytes that it stands for, or words."""
        return str(symbol)


@dataclass(frozen=True)
class UnsignedIntegers(SymbolMap):
    """Data that is an array of little-endian unsigned integers, each one a symbol.

    Attributes:
        id: number in the frame header.
        name: name in messages.
        width_bytes: size of an integer: 1 or 2.
    """

    id: int
    name: str
    width_bytes: int

    def encode(self, data: bytes, alphabet_size: int) -> Stream | None:
        """Return ``data`` as symbols, None if cut mid-integer or outside the alphabet."""
        import numpy as np  # who asks for ids and names only needs no arrays

        if len(data) % self.width_bytes:
            return None
        symbols: Stream = np.frombuffer(data, f"<u{self.width_bytes}")
        if symbols.size and int(symbols.max()) >= alphabet_size:
            return None
        return symbols

    def decode(self, symbols: Stream) -> bytes:
        """Return the integers as bytes."""
        return symbols.astype(f"<u{self.width_bytes}", copy=False).tobytes()

    def describe(self, symbols: Stream) -> Description:
        """Return a description of the symbols: bytes of content each, of one kind if larger.

        A number of 16 bits is not text.
        """
        import numpy as np

        from neurocomp.symbols.description import Description

        sizes = np.full(symbols.size, self.width_bytes, np.int64)
        if self.width_bytes == 1:
            return Description(sizes)
        return Description(sizes, np.zeros(symbols.size, np.uint8), (f"{self.name} symbols",))

    def name_of(self, symbol: int) -> bytes | str:
        """Return the byte, or the number."""
        return bytes([symbol]) if self.width_bytes == 1 else str(symbol)


BYTES = UnsignedIntegers(SYMBOLS_BYTES, SYMBOL_NAMES[SYMBOLS_BYTES], 1)
UINT16 = UnsignedIntegers(SYMBOLS_UINT16, SYMBOL_NAMES[SYMBOLS_UINT16], 2)

SYMBOL_MAPS: dict[int, SymbolMap] = {one.id: one for one in (BYTES, UINT16)}
"""The maps that need no vocabulary, by id."""


def for_alphabet(alphabet_size: int) -> SymbolMap:
    """Return the map for a model over plain integers: bytes up to 256 symbols, else 16 bits."""
    return BYTES if alphabet_size <= 256 else UINT16
