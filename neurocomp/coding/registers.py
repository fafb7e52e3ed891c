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
from numpy.typing import NDArray

from neurocomp import _core
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
