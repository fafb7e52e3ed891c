"""The registers of constriction's range coder, followed from outside, and how a payload ends.

After any number of symbols a range coder stands for an interval of numbers
[lower, lower + width) of the 64 bits that come after the words already shifted out.
constriction's encoder reveals these registers and its decoder doesn't, so the decoder's are
followed here, one multiplication a symbol (Martin 1979, with constriction's choices: 32-bit
words, ``lower`` wraps, width >= 2**32 between symbols).

A payload ends in the fewest bytes that leave no doubt: *every* continuation of them lies in the
interval.  So for a given number of symbols no payload is a prefix of another, which makes each
truncation and each trailing byte an error.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from neurocomp.exact import TOTAL_BITS, Frequencies, Symbols

REGISTER_BITS = 64
WORD_BITS = 32
WORD_BYTES = 4

Registers = NDArray[np.uint64]
"""lower, width, and the number of words that were shifted out."""

_LOWER, _WIDTH, _NUM_WORDS = 0, 1, 2
_INITIAL_WIDTH = (1 << REGISTER_BITS) - 1
_MIN_WIDTH = np.uint64(1 << WORD_BITS)
_PRECISION = np.uint64(TOTAL_BITS)
_SHIFT = np.uint64(WORD_BITS)
_ONE = np.uint64(1)


def initial_registers() -> Registers:
    """Return the registers before the first symbol."""
    return np.array([0, _INITIAL_WIDTH, 0], np.uint64)


@njit(cache=True, nogil=True)
def follow(registers: Registers, symbols: Symbols, frequencies: Frequencies) -> int:
    """Advance ``registers`` by ``symbols`` (lanes,), each coded under its row of ``frequencies``.

    The caller guarantees 0 <= symbols < V and tables that sum to TOTAL.

    Returns:
        How many words were shifted out since the start.
    """
    lower = registers[_LOWER]
    width = registers[_WIDTH]
    num_words = registers[_NUM_WORDS]
    for lane in range(symbols.shape[0]):
        symbol = symbols[lane]
        below = np.int64(0)
        for i in range(symbol):
            below += frequencies[lane, i]
        scale = width >> _PRECISION
        lower += scale * np.uint64(below)
        width = scale * np.uint64(frequencies[lane, symbol])
        if width < _MIN_WIDTH:
            # scale >= 2**8 and the frequency is at least 1: one shift restores width >= 2**32.
            lower <<= _SHIFT
            width <<= _SHIFT
            num_words += _ONE
    registers[_LOWER] = lower
    registers[_WIDTH] = width
    registers[_NUM_WORDS] = num_words
    return int(np.int64(num_words))


def ending(lower: int, width: int) -> tuple[int, int]:
    """Return how a payload ends whose last interval is [lower, lower + width).

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
