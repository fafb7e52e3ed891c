"""Huffman coding with a fresh canonical code for every symbol.

``code_lengths`` gives the lengths; the codes follow from them alone, in order of (length,
symbol), each the one before plus one, shifted where the length grows (E. S. Schwartz,
B. Kallick 1964).  Expected length: below the entropy plus one bit.

Payload: the codes, most significant bit first, and zero bits up to the next byte.  For a given
number of symbols no payload is a prefix of another.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from neurocomp.coding.code_lengths import (
    MAX_CODE_LENGTH_BITS,
    LengthCounts,
    Lengths,
    Scratch,
    code_lengths,
    scratch_space,
)
from neurocomp.errors import FormatError
from neurocomp.exact import Frequencies, Symbols

Bytes = NDArray[np.uint8]

_CHUNK_BYTES = 1 << 16


class HuffmanEncoder:
    """Encoder of ``HuffmanCoder``; see ``neurocomp.coding.base.Encoder``."""

    def __init__(self) -> None:
        self._done = bytearray()
        self._chunk = np.zeros(_CHUNK_BYTES, np.uint8)
        self._num_bits = 0
        self._workspace = _Workspace()

    def encode(self, symbols: Symbols, frequencies: Frequencies) -> None:
        """Append ``symbols`` (lanes,) under the rows of ``frequencies`` (lanes, V).

        Raises:
            ValueError: a symbol is outside the alphabet, or there is not one for each row.
        """
        num_lanes, size = frequencies.shape
        if symbols.shape != (num_lanes,):
            raise ValueError(f"{num_lanes} rows of frequencies need as many symbols")
        if num_lanes and not 0 <= int(symbols.min()) <= int(symbols.max()) < size:
            raise ValueError(f"symbols outside 0..{size - 1}")
        self._make_room(num_lanes * MAX_CODE_LENGTH_BITS)
        self._num_bits = _encode(
            symbols, frequencies, *self._workspace.of(size), self._chunk, self._num_bits
        )

    def finish(self) -> bytes:
        """Return the payload."""
        return bytes(self._done) + self._chunk[: -(-self._num_bits // 8)].tobytes()

    def _make_room(self, num_bits: int) -> None:
        if self._num_bits + num_bits <= 8 * self._chunk.size:
            return
        num_bytes, self._num_bits = divmod(self._num_bits, 8)
        self._done += self._chunk[:num_bytes].tobytes()
        chunk = np.zeros(max(_CHUNK_BYTES, num_bits // 8 + 2), np.uint8)
        if self._num_bits:
            chunk[0] = self._chunk[num_bytes]
        self._chunk = chunk


class HuffmanDecoder:
    """Decoder of ``HuffmanCoder``; see ``neurocomp.coding.base.Decoder``."""

    def __init__(self, payload: bytes) -> None:
        self._payload = np.frombuffer(payload, np.uint8)
        self._num_bits = 0
        self._workspace = _Workspace()

    def decode(self, frequencies: Frequencies) -> Symbols:
        """Return the next symbols (lanes,) under the rows of ``frequencies`` (lanes, V).

        Raises:
            FormatError: the payload is too short.
        """
        num_lanes, size = frequencies.shape
        symbols = np.empty(num_lanes, np.int32)
        num_bits = _decode(
            symbols, frequencies, *self._workspace.of(size), self._payload, self._num_bits
        )
        if num_bits < 0:
            raise FormatError(
                f"Huffman payload of {self._payload.size} bytes is damaged: it ends within a code"
            )
        self._num_bits = num_bits
        return symbols

    def finish(self) -> None:
        """Check that only zero bits, fewer than eight, are left.

        Raises:
            FormatError: there are more, or others.
        """
        num_bytes, num_bits = divmod(self._num_bits, 8)
        if self._payload.size != num_bytes + (num_bits > 0):
            raise FormatError(
                f"Huffman payload of {self._payload.size} bytes is damaged: "
                f"its codes end in byte {num_bytes + (num_bits > 0)}"
            )
        if num_bits and int(self._payload[-1]) & (0xFF >> num_bits):
            raise FormatError("Huffman payload is damaged: its last bits are not zero")


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


class _Workspace:
    """The arrays that building a code needs, kept from step to step."""

    def __init__(self) -> None:
        self._scratch = scratch_space(0)
        self._lengths = np.empty(0, np.uint8)

    def of(self, size: int) -> tuple[Scratch, Lengths]:
        """Return scratch space and room for the code lengths of an alphabet of ``size``."""
        if self._lengths.size != size:
            self._scratch = scratch_space(size)
            self._lengths = np.empty(size, np.uint8)
        return self._scratch, self._lengths


@njit(cache=True, nogil=True)
def symbol_code(lengths: Lengths, counts: LengthCounts, symbol: int) -> int:
    """Return the canonical code of ``symbol``, its length being ``lengths[symbol]``.

    ``lengths`` (V,) and ``counts`` are what ``code_lengths`` gives.
    """
    length = lengths[symbol]
    code = np.int64(0)
    for shorter in range(1, length):
        code = (code + counts[shorter]) << 1
    for i in range(symbol):
        code += lengths[i] == length
    return int(code)


@njit(cache=True, nogil=True)
def _encode(
    symbols: Symbols,
    frequencies: Frequencies,
    scratch: Scratch,
    lengths: Lengths,
    chunk: Bytes,
    num_bits: int,
) -> int:
    """Add the codes of ``symbols`` to ``chunk``, whose bits from ``num_bits`` on are zero.

    The caller guarantees room for MAX_CODE_LENGTH_BITS a symbol.  Returns the new ``num_bits``.
    """
    for lane in range(symbols.shape[0]):
        counts = code_lengths(frequencies[lane], scratch, lengths)
        code = symbol_code(lengths, counts, symbols[lane])
        left = int(np.int64(lengths[symbols[lane]]))
        while left > 0:
            free = 8 - (num_bits & 7)
            taken = min(free, left)
            left -= taken
            bits = (code >> left) & ((1 << taken) - 1)
            chunk[num_bits >> 3] |= np.uint8(bits << (free - taken))
            num_bits += taken
    return num_bits


@njit(cache=True, nogil=True)
def _decode(
    symbols: Symbols,
    frequencies: Frequencies,
    scratch: Scratch,
    lengths: Lengths,
    payload: Bytes,
    num_bits: int,
) -> int:
    """Read one code of ``payload`` for each row; return the new ``num_bits``, or -1 at the end."""
    for lane in range(symbols.shape[0]):
        counts = code_lengths(frequencies[lane], scratch, lengths)
        length = 0
        rank = np.int64(0)
        # rank is the code read so far less the first code of its length.  The code is complete,
        # so a rank below the count comes up by the greatest length.
        while rank >= counts[length]:
            if num_bits >= 8 * payload.shape[0]:
                return -1
            bit = (int(np.int64(payload[num_bits >> 3])) >> (7 - (num_bits & 7))) & 1
            rank = ((rank - counts[length]) << 1) | bit
            length += 1
            num_bits += 1
        symbol = -1
        while rank >= 0:
            symbol += 1
            rank -= lengths[symbol] == length
        symbols[lane] = symbol
    return num_bits
