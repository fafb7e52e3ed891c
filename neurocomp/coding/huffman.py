"""Huffman coding with a fresh canonical code for every symbol.

Expected length: below the entropy plus one bit.

Payload: the codes, most significant bit first, and zero bits up to the next byte.  For a given
number of symbols no payload is a prefix of another.

The leaves are sorted by (frequency, symbol), and a leaf is merged before an inner node of the same
weight, which keeps the tree as flat as an optimal one can be; rarer symbols never have shorter
codes.  The method is that of ``core/src/coding/code_lengths.hpp``.  `HuffmanCode` is for tests and
benchmarks: coders have their own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurocomp import _core
from neurocomp.coding.base import Bits
from neurocomp.errors import FormatError
from neurocomp.exact import Frequencies, Symbols

MAX_CODE_LENGTH_BITS = 34
"""A tree of depth d needs a total of the Fibonacci number F(d + 2); F(37) exceeds 2**24."""

Lengths = NDArray[np.uint8]
"""Code lengths in bits, shape (V,)."""

LengthCounts = NDArray[np.int64]
"""Number of symbols with a code of each length, shape (MAX_CODE_LENGTH_BITS + 1,)."""


class HuffmanCode:
    """The canonical code of one frequency table.

    Codes rise in order of (length, symbol), each the one before plus one, shifted where the length
    grows (E. S. Schwartz, B. Kallick 1964).  An alphabet of one has length 0.

    Args:
        frequencies: int32, (V,), at least 1 each and TOTAL in all.

    Attributes:
        lengths: lengths of the codes.
        counts: number of codes of each length.

    Raises:
        ValueError: ``frequencies`` is not such a table.
    """

    def __init__(self, frequencies: Frequencies) -> None:
        self._code = _core.coding.CodeLengths()
        self.lengths: Lengths = np.empty(frequencies.size, np.uint8)
        self.counts: LengthCounts = np.empty(MAX_CODE_LENGTH_BITS + 1, np.int64)
        self._code.build(frequencies, self.lengths, self.counts)

    def code(self, symbol: int) -> int:
        """Return the code of ``symbol``, a number of ``lengths[symbol]`` bits."""
        return self._code.code(symbol)


class HuffmanEncoder:
    """Encoder of ``HuffmanCoder``; see ``neurocomp.coding.base.Encoder``."""

    def __init__(self) -> None:
        self._encoder = _core.coding.HuffmanEncoder()

    def encode(self, symbols: Symbols, frequencies: Frequencies) -> None:
        """Append ``symbols`` (lanes,) under the rows of ``frequencies`` (lanes, V).

        Raises:
            ValueError: a symbol is outside the alphabet, there is not one for each row, or a row
                is not a frequency table.
        """
        self._encoder.encode(symbols, frequencies)

    def finish(self) -> bytes:
        """Return the payload."""
        return self._encoder.payload()


class HuffmanDecoder:
    """Decoder of ``HuffmanCoder``; see ``neurocomp.coding.base.Decoder``."""

    def __init__(self, payload: bytes) -> None:
        self._payload = bytes(payload)
        self._decoder = _core.coding.HuffmanDecoder(self._payload)

    def decode(self, frequencies: Frequencies) -> Symbols:
        """Return the next symbols (lanes,) under the rows of ``frequencies`` (lanes, V).

        Raises:
            FormatError: the payload is too short.
            ValueError: a row is not a frequency table.
        """
        symbols = np.empty(frequencies.shape[0], np.int32)
        if not self._decoder.decode(frequencies, symbols):
            raise FormatError(
                f"Huffman payload of {len(self._payload)} bytes is damaged: it ends within a code"
            )
        return symbols

    def finish(self) -> None:
        """Check that only zero bits, fewer than eight, are left.

        Raises:
            FormatError: there are more, or others.
        """
        num_bytes, num_bits = divmod(self._decoder.num_bits, 8)
        if len(self._payload) != num_bytes + (num_bits > 0):
            raise FormatError(
                f"Huffman payload of {len(self._payload)} bytes is damaged: "
                f"its codes end in byte {num_bytes + (num_bits > 0)}"
            )
        if num_bits and self._payload[-1] & (0xFF >> num_bits):
            raise FormatError("Huffman payload is damaged: its last bits are not zero")


class HuffmanMeter:
    """Meter of ``HuffmanCoder``: the lengths of the codes."""

    def __init__(self) -> None:
        self._code = _core.coding.CodeLengths()
        self._counts: LengthCounts = np.empty(MAX_CODE_LENGTH_BITS + 1, np.int64)

    def measure(self, symbols: Symbols, frequencies: Frequencies) -> Bits:
        """Return the bits of ``symbols`` (lanes,) under the rows of ``frequencies`` (lanes, V)."""
        bits = np.zeros(symbols.size)
        lengths: Lengths = np.empty(frequencies.shape[1], np.uint8)
        for lane, symbol in enumerate(symbols.tolist()):
            self._code.build(frequencies[lane], lengths, self._counts)
            bits[lane] = lengths[symbol]
        return bits


@dataclass(frozen=True)
class HuffmanCoder:
    """Whole bits for each symbol: simple, and up to a bit a symbol above the ideal."""

    name: str = "huffman"

    def encoder(self) -> HuffmanEncoder:
        """Return a fresh encoder."""
        return HuffmanEncoder()

    def decoder(self, payload: bytes) -> HuffmanDecoder:
        """Return a decoder at the start of ``payload``."""
        return HuffmanDecoder(payload)

    def meter(self) -> HuffmanMeter:
        """Return a meter before the first symbol."""
        return HuffmanMeter()
