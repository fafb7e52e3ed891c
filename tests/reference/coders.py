"""Entropy decoders: docs/format.md, section 5."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from typing import Protocol


class DecodingError(Exception):
    """The input is damaged, or not what this decoder reads."""


def need(condition: bool, what: str) -> None:
    if not condition:
        raise DecodingError(what)


def need_bits(payload: bytes, num_bits: int) -> None:
    """Refuse a payload that is shorter than any of so many symbols could be."""
    need(8 * len(payload) >= num_bits, "a payload is too short for its symbols")


class BitCoder(Protocol):
    """Who tells the next bit."""

    def decode(self, p: int) -> int:
        """Return a bit that is 1 with probability p / 2**16, or in the coder's own units."""


class KnownBits:
    """Bits that are known, and what probability each was given.

    Args:
        content: their bytes.
    """

    def __init__(self, content: bytes) -> None:
        self._bits = iter("".join(f"{byte:08b}" for byte in content))
        self.probabilities: list[int] = []

    def decode(self, p: int) -> int:
        self.probabilities.append(p)
        return int(next(self._bits))


class BitDecoder:
    """Section 5.3: decisions of given probability, from a payload.

    The window's 48 bits of the payload are held less the interval's ``low``.
    """

    WINDOW = 1 << 48

    def __init__(self, payload: bytes, num_bytes: int) -> None:
        need_bits(payload, self._least_bits(num_bytes))
        self._payload = payload
        self._position = 6
        self._number = self._window(0)
        self._width = self.WINDOW

    def _window(self, start: int) -> int:
        """Return the 48 bits from ``start`` on; after the end there are zeros."""
        return int.from_bytes(self._payload[start : start + 6].ljust(6, b"\0"), "big")

    def _least_bits(self, num_bytes: int) -> int:
        return 8 * num_bytes // 45_427

    def _ones(self, p: int) -> int:
        """Return the part of the interval's width that is a one's."""
        return self._width * p >> 16

    def decode(self, p: int) -> int:
        ones = self._ones(p)
        if self._number < ones:
            bit, self._width = 1, ones
        else:
            bit, self._width = 0, self._width - ones
            self._number -= ones
        while self._width < 1 << 32:
            self._width <<= 16
            taken = self._payload[self._position : self._position + 2].ljust(2, b"\0")
            self._number = self._number << 16 | int.from_bytes(taken, "big")
            self._position += 2
            # A writer ends in at most three bytes of the window.
            need(self._position <= len(self._payload) + 6, "a payload ends too early")
        return bit

    def finish(self) -> None:
        """Check that the payload is, byte for byte, what a writer ends in here."""
        start = self._position - 6
        low = (self._window(start) - self._number) % self.WINDOW
        for count in range(4):
            unit = self.WINDOW >> 8 * count
            distance = -low % unit
            if distance + unit <= self._width:
                break
        is_whole = start + count == len(self._payload) and self._number == distance
        need(is_whole, "a payload is not what its content is coded as")


class FineBitDecoder(BitDecoder):
    """That of docs/spec/language.md, section 4: probabilities are in units of 2**-22."""

    def _least_bits(self, num_bytes: int) -> int:
        return 0

    def _ones(self, p: int) -> int:
        return (self._width >> 8) * p >> 14


class SymbolDecoder(Protocol):
    """Tells symbols by their frequency tables, which sum to 2**24."""

    def decode(self, table: Sequence[int]) -> int:
        """Return the next symbol."""

    def finish(self) -> None:
        """Check that the payload is, byte for byte, what a writer ends in here."""


class RangeDecoder:
    """Section 5.1.

    ``distance`` is what the payload, as far as it was read, is above the interval's lower end.
    """

    def __init__(self, payload: bytes, num_symbols: int, alphabet_size: int) -> None:
        need_bits(payload, num_symbols * (alphabet_size - 1) // 11_629_080)
        self._payload = payload
        self._num_words = 0
        self._width = (1 << 64) - 1
        self._distance = self._read()

    def _read(self) -> int:
        """Return the payload's first bits as a number, 64 and 32 for each word; zeros follow it."""
        size = 8 + 4 * self._num_words
        return int.from_bytes(self._payload[:size].ljust(size, b"\0"), "big")

    def decode(self, table: Sequence[int]) -> int:
        scale = self._width >> 24
        quantile = self._distance // scale
        need(quantile < 1 << 24, "a payload is damaged")
        before = symbol = 0
        while before + table[symbol] <= quantile:
            before += table[symbol]
            symbol += 1
        self._distance -= scale * before
        self._width = scale * table[symbol]
        if self._width < 1 << 32:
            at = 8 + 4 * self._num_words
            need(at <= len(self._payload) + 8, "a payload ends too early")
            word = self._payload[at : at + 4].ljust(4, b"\0")
            self._distance = self._distance << 32 | int.from_bytes(word, "big")
            self._width <<= 32
            self._num_words += 1
        return symbol

    def finish(self) -> None:
        low = self._read() - self._distance
        size, bits = 4 * self._num_words, 64
        while True:
            ending = -(-low >> bits)  # rounded up
            if ending + 1 << bits <= low + self._width:
                break
            size, bits = size + 1, bits - 8
        is_whole = self._payload == ending.to_bytes(size, "big")
        need(is_whole, "a payload is not what its content is coded as")


class HuffmanDecoder:
    """Section 5.2."""

    def __init__(self, payload: bytes, num_symbols: int, alphabet_size: int) -> None:
        need_bits(payload, num_symbols if alphabet_size > 1 else 0)
        self._payload = payload
        self._at = 0

    def decode(self, table: Sequence[int]) -> int:
        codes = huffman_codes(table)
        code, length = 0, 0
        while (length, code) not in codes:
            need(self._at < 8 * len(self._payload), "a payload ends too early")
            bit = self._payload[self._at >> 3] >> 7 - (self._at & 7) & 1
            code, length = code << 1 | bit, length + 1
            self._at += 1
        return codes[length, code]

    def finish(self) -> None:
        used = -(-self._at // 8)
        rest = self._payload[-1] & (1 << 8 * used - self._at) - 1 if used else 0
        need(used == len(self._payload) and rest == 0, "a payload has bits left over")


def huffman_codes(table: Sequence[int]) -> dict[tuple[int, int], int]:
    """Return the symbols by length and number of their codes."""
    # Weight, whether merged, place among its kind; how many codes of each depth are in the tree.
    heap = [(weight, 0, symbol, {0: 1}) for symbol, weight in enumerate(table)]
    heapq.heapify(heap)
    while len(heap) > 1:
        one, other = heapq.heappop(heap), heapq.heappop(heap)
        depths: dict[int, int] = {}
        for tree in (one[3], other[3]):
            for depth, number in tree.items():
                depths[depth + 1] = depths.get(depth + 1, 0) + number
        place = len(table) - len(heap)
        heapq.heappush(heap, (one[0] + other[0], 1, place, depths))
    numbers = heap[0][3]
    lengths = [length for length in sorted(numbers) for _ in range(numbers[length])]
    symbols = sorted(range(len(table)), key=lambda symbol: (-table[symbol], -symbol))
    codes: dict[tuple[int, int], int] = {}
    code = previous = 0
    for length, symbol in sorted(zip(lengths, symbols, strict=True)):
        code <<= length - previous
        codes[length, code] = symbol
        code, previous = code + 1, length
    return codes
