"""Entropy decoders: docs/format.md, section 5."""

from __future__ import annotations

from typing import Protocol


class DecodingError(Exception):
    """The input is damaged, or not what this decoder reads."""


def need(condition: bool, what: str) -> None:
    if not condition:
        raise DecodingError(what)


class BitCoder(Protocol):
    """Who tells the next bit."""

    def decode(self, p: int) -> int:
        """Return a bit that is 1 with probability p / 2**16."""


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

    def __init__(self, payload: bytes) -> None:
        self._payload = payload
        self._position = 6
        self._number = self._window(0)
        self._width = self.WINDOW

    def _window(self, start: int) -> int:
        """Return the 48 bits from ``start`` on; after the end there are zeros."""
        return int.from_bytes(self._payload[start : start + 6].ljust(6, b"\0"), "big")

    def decode(self, p: int) -> int:
        ones = self._width * p >> 16
        if self._number < ones:
            bit, self._width = 1, ones
        else:
            bit, self._width = 0, self._width - ones
            self._number -= ones
        if self._width < 1 << 32:
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
