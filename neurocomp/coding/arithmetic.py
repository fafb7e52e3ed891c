"""Arithmetic coding of whole symbols: constriction's range coder, fed with integers only.

``Categorical(perfect=False)`` turns V floats w_i into the cumulative frequencies
``floor(scale * (w_0 + ... + w_{i-1})) + i`` with ``scale = (2**24 - V) / sum(w)``.  For
w_i = frequency_i - 1 the sum is 2**24 - V, scale is exactly 1, and every partial sum is an
integer below 2**24, exact even in float32 and in any order of summation: constriction's table is
ours.  ``tests/coding/test_arithmetic.py`` pins that.

Payload: the range coder's number as a big-endian byte string, cut as told below.

After any number of symbols a range coder stands for an interval of numbers
[lower, lower + width) of the 64 bits that come after the words already shifted out.
constriction's encoder reveals these registers and its decoder doesn't, so the decoder's are
followed here, one multiplication a symbol (Martin 1979, with constriction's choices: 32-bit
words, ``lower`` wraps, width >= 2**32 between symbols).

A payload ends in the fewest bytes that leave no doubt: *every* continuation of them lies in the
interval.  So for a given number of symbols no payload is a prefix of another, which makes each
truncation and each trailing byte an error.

R. Bamler, Understanding Entropy Coding With Asymmetric Numeral Systems, 2022 (constriction);
G. N. N. Martin, Range encoding: an algorithm for removing redundancy from a digitised message,
1979.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import constriction
import numpy as np
from numpy.typing import NDArray

from neurocomp import _core
from neurocomp.coding.base import Bits
from neurocomp.errors import FormatError
from neurocomp.exact import Frequencies, Symbols

REGISTER_BITS = 64
WORD_BITS = 32
WORD_BYTES = 4

Registers = NDArray[np.uint64]
"""lower, width, and the number of words that were shifted out."""

_NUM_WORDS = 2
_INITIAL_WIDTH = (1 << REGISTER_BITS) - 1


def initial_registers() -> Registers:
    """Return the registers before the first symbol."""
    return np.array([0, _INITIAL_WIDTH, 0], np.uint64)


def follow(registers: Registers, symbols: Symbols, frequencies: Frequencies) -> int:
    """Advance ``registers`` by ``symbols`` (lanes,), each coded under its row of ``frequencies``.

    The caller guarantees tables that sum to TOTAL.

    Returns:
        How many words were shifted out since the start.

    Raises:
        ValueError: a symbol is outside the alphabet, or there is not one for each row.
    """
    _core.coding.follow(registers, symbols, frequencies)
    return int(registers[_NUM_WORDS])


def ending(lower: int, width: int) -> tuple[int, int]:
    """Return the end of a payload whose last interval is [lower, lower + width).

    Args:
        lower: 0 <= lower < 2**64.
        width: 2**32 <= width < 2**64.

    Returns:
        ``(distance, num_bytes)``: the payload's number is lower + distance, and its first
        ``num_bytes`` bytes of the 64-bit window hold it, for the rest is zero; num_bytes is 0
        where nothing was coded and else from 1 to 5.
    """
    if width == _INITIAL_WIDTH:
        return 0, 0
    num_bytes = 1
    while True:
        unit = 1 << (REGISTER_BITS - 8 * num_bytes)
        distance = -lower % unit
        if distance + unit <= width:
            return distance, num_bytes
        num_bytes += 1


_FAMILY = constriction.stream.model.Categorical(lazy=False, perfect=False)

_WINDOW_BYTES = REGISTER_BITS // 8


class ArithmeticEncoder:
    """Encoder of ``ArithmeticCoder``; see ``neurocomp.coding.base.Encoder``."""

    def __init__(self) -> None:
        self._coder = constriction.stream.queue.RangeEncoder()
        self._weights = _Weights()

    def encode(self, symbols: Symbols, frequencies: Frequencies) -> None:
        """Append ``symbols`` (lanes,) under the rows of ``frequencies`` (lanes, V).

        Raises:
            ValueError: a symbol is outside the alphabet, or there is not one for each row.
        """
        if frequencies.shape[1] == 1:
            # constriction knows no alphabet of one; there is nothing to say either.
            if symbols.shape != frequencies.shape[:1] or symbols.any():
                raise ValueError("an alphabet of one has the symbol 0 only, one for each row")
            return
        try:
            self._coder.encode(symbols, _FAMILY, self._weights.of(frequencies))
        except KeyError as error:
            raise ValueError(f"symbols outside 0..{frequencies.shape[1] - 1}") from error

    def finish(self) -> bytes:
        """Return the payload."""
        position: tuple[int, tuple[int, int]] = self._coder.pos()
        num_words, (lower, width) = position
        distance, num_bytes = ending(lower, width)
        # constriction ends in a whole word or two of its own choice within the interval: step
        # back to lower, whose carries are then resolved, and forward to the shortest ending.
        size = WORD_BYTES * num_words + _WINDOW_BYTES
        words: NDArray[np.uint32] = self._coder.get_compressed()
        sealed = words.astype(">u4").tobytes().ljust(size, b"\0")
        above = int.from_bytes(sealed[-_WINDOW_BYTES:], "big") - lower
        number = int.from_bytes(sealed, "big") - above % (1 << REGISTER_BITS) + distance
        return number.to_bytes(size, "big")[: WORD_BYTES * num_words + num_bytes]


class ArithmeticDecoder:
    """Decoder of ``ArithmeticCoder``; see ``neurocomp.coding.base.Decoder``."""

    def __init__(self, payload: bytes) -> None:
        padded = payload + bytes(-len(payload) % WORD_BYTES)
        self._payload = payload
        words = np.frombuffer(padded, ">u4").astype(np.uint32)
        self._coder = constriction.stream.queue.RangeDecoder(words)
        self._registers = initial_registers()
        self._weights = _Weights()

    def decode(self, frequencies: Frequencies) -> Symbols:
        """Return the next symbols (lanes,) under the rows of ``frequencies`` (lanes, V).

        Raises:
            FormatError: the payload is too short, or holds what no encoder writes.
        """
        if frequencies.shape[1] == 1:
            return np.zeros(frequencies.shape[0], np.int32)
        try:
            symbols: Symbols = self._coder.decode(_FAMILY, self._weights.of(frequencies))
        except AssertionError as error:
            # The number lies in the sliver above all symbols that rounding leaves over.
            raise FormatError("arithmetic payload is damaged: it codes no symbol") from error
        num_words = follow(self._registers, symbols, frequencies)
        if symbols.size and WORD_BYTES * num_words >= len(self._payload):
            raise _wrong_length(self._payload)
        return symbols

    def finish(self) -> None:
        """Check that the payload is, byte for byte, what the encoder writes for these symbols.

        Raises:
            FormatError: it isn't.
        """
        lower, width, num_words = (int(x) for x in self._registers)
        distance, num_bytes = ending(lower, width)
        if len(self._payload) != WORD_BYTES * num_words + num_bytes:
            raise _wrong_length(self._payload)
        # The symbols hold lower and the payload to within width < 2**64 of each other, so the
        # earlier bytes, carries included, agree when these do.
        last = self._payload[WORD_BYTES * num_words :]
        ideal = (lower + distance) % (1 << REGISTER_BITS)
        if last != ideal.to_bytes(_WINDOW_BYTES, "big")[:num_bytes]:
            raise FormatError("arithmetic payload is damaged: no encoder ends this way")


class ArithmeticMeter:
    """Meter of ``ArithmeticCoder``: how much of the interval each symbol leaves."""

    def __init__(self) -> None:
        self._registers = initial_registers()
        self._spent = self._total()

    def measure(self, symbols: Symbols, frequencies: Frequencies) -> Bits:
        """Return the bits of ``symbols`` (lanes,) under the rows of ``frequencies`` (lanes, V)."""
        bits = np.zeros(symbols.size)
        if frequencies.shape[1] == 1:
            return bits
        for lane in range(symbols.size):
            before = self._spent
            follow(self._registers, symbols[lane : lane + 1], frequencies[lane : lane + 1])
            self._spent = self._total()
            bits[lane] = self._spent - before
        return bits

    def _total(self) -> float:
        """Return the bits since the start, and a constant."""
        _, width, num_words = (int(one) for one in self._registers)
        return WORD_BITS * num_words - math.log2(width)


@dataclass(frozen=True)
class ArithmeticCoder:
    """Within a rounding of the ideal code length: about one byte a payload above it."""

    name: str = "arithmetic"

    def encoder(self) -> ArithmeticEncoder:
        """Return a fresh encoder."""
        return ArithmeticEncoder()

    def decoder(self, payload: bytes) -> ArithmeticDecoder:
        """Return a decoder at the start of ``payload``."""
        return ArithmeticDecoder(payload)

    def meter(self) -> ArithmeticMeter:
        """Return a meter before the first symbol."""
        return ArithmeticMeter()


class _Weights:
    """Frequencies as constriction wants them, in one buffer for all steps."""

    def __init__(self) -> None:
        self._buffer = np.empty((0, 0), np.float32)

    def of(self, frequencies: Frequencies) -> NDArray[np.float32]:
        """Return ``frequencies - 1`` (lanes, V) as float32, valid until the next call."""
        num_lanes, size = frequencies.shape
        if self._buffer.shape[1] != size or self._buffer.shape[0] < num_lanes:
            self._buffer = np.empty((num_lanes, size), np.float32)
        weights = self._buffer[:num_lanes]
        _core.coding.to_weights(frequencies, weights)
        return weights


def _wrong_length(payload: bytes) -> FormatError:
    return FormatError(
        f"arithmetic payload of {len(payload)} bytes is damaged: its symbols need another length"
    )
