"""The binary coder in the shape of a coder of whole symbols, so that one contract covers it.

A symbol is coded as the path to it in a balanced binary tree over the alphabet, each decision
under the share of its right half.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurocomp import _core
from neurocomp.coding.bits import encode_bits
from neurocomp.errors import FormatError
from neurocomp.exact import Frequencies, Symbols


class BinaryAdaptorEncoder:
    def __init__(self) -> None:
        self._bits: list[int] = []
        self._probabilities: list[int] = []

    def encode(self, symbols: Symbols, frequencies: Frequencies) -> None:
        for symbol, row in zip(symbols.tolist(), frequencies, strict=True):

            def follow_symbol(p: int, middle: int, symbol: int = symbol) -> int:
                self._probabilities.append(p)
                self._bits.append(int(symbol >= middle))
                return self._bits[-1]

            _descend(row, follow_symbol)

    def finish(self) -> bytes:
        return encode_bits(np.array(self._bits, np.uint8), np.array(self._probabilities, np.uint16))


class BinaryAdaptorDecoder:
    def __init__(self, payload: bytes) -> None:
        self._coder = _core.BitDecoder(payload)

    def decode(self, frequencies: Frequencies) -> Symbols:
        def next_bit(p: int, middle: int) -> int:
            return self._coder.decode(p)

        symbols = np.array([_descend(row, next_bit) for row in frequencies], np.int32)
        if self._coder.is_spent():
            raise FormatError("overrun")
        return symbols

    def finish(self) -> None:
        if not self._coder.finish():
            raise FormatError("not what the encoder writes")


class BinaryAdaptorMeter:
    def measure(self, symbols: Symbols, frequencies: Frequencies) -> NDArray[np.float64]:
        bits = np.zeros(symbols.size)
        for lane, symbol in enumerate(symbols.tolist()):

            def follow_symbol(p: int, middle: int, symbol: int = symbol, lane: int = lane) -> int:
                is_right = int(symbol >= middle)
                bits[lane] -= np.log2((p if is_right else 65536 - p) / 65536)
                return is_right

            _descend(frequencies[lane], follow_symbol)
        return bits


@dataclass(frozen=True)
class BinaryAdaptor:
    name: str = "binary"

    def encoder(self) -> BinaryAdaptorEncoder:
        return BinaryAdaptorEncoder()

    def decoder(self, payload: bytes) -> BinaryAdaptorDecoder:
        return BinaryAdaptorDecoder(payload)

    def meter(self) -> BinaryAdaptorMeter:
        return BinaryAdaptorMeter()


def _descend(row: Frequencies, decide: Callable[[int, int], int]) -> int:
    """Return the leaf that ``decide(p, middle)`` leads to, p for ``symbol >= middle``."""
    sums = np.concatenate(([0], np.cumsum(row, dtype=np.int64)))
    low, high = 0, row.size
    while high - low > 1:
        middle = (low + high) // 2
        p = ((sums[high] - sums[middle]) << 16) // (sums[high] - sums[low])
        if decide(min(max(int(p), 1), 65535), middle):
            low = middle
        else:
            high = middle
    return low
