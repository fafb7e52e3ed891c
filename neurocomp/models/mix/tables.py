"""Constant integer tables, built with exact integer arithmetic at import.

Probabilities have 16 bits (0..65535 of 65536), log odds ("stretched" probabilities) are integers in
units of 1/256 nat.  No table goes through the machine's libm, so every machine builds the same.
"""

from __future__ import annotations

import numpy as np

STRETCH_LIMIT = 2047  # inputs of a mixer stay within +-8 nats
SQUASH_LIMIT = 3071  # a mixer's output stays within +-12 nats, p >= 0.4 / 65536

_FRACTION_BITS = 128  # of the fixed-point numbers below


def _exponentials(count: int) -> list[int]:
    """exp(k / 256) for k = 0 .. count - 1, as fixed-point integers."""
    one = 1 << _FRACTION_BITS
    ratio, term, divisor = one, one, 1
    while term:  # Taylor series of exp(1 / 256)
        term //= 256 * divisor
        divisor += 1
        ratio += term
    powers = [one]
    for _ in range(count - 1):
        powers.append(powers[-1] * ratio >> _FRACTION_BITS)
    return powers


def _logistic(scale_bits: int) -> list[int]:
    """2**scale_bits / (1 + exp(-x / 256)) for x = -SQUASH_LIMIT .. SQUASH_LIMIT, rounded down."""
    one = 1 << _FRACTION_BITS
    exponentials = _exponentials(SQUASH_LIMIT + 1)
    negative = [(one << scale_bits) // (one + e) for e in exponentials]
    positive = [(1 << scale_bits) - p for p in negative]
    return negative[:0:-1] + positive


def squash_table() -> np.ndarray:
    """Logistic function: int32 (2 * SQUASH_LIMIT + 1,), 16-bit probability of x + SQUASH_LIMIT."""
    return np.clip(np.array(_logistic(16), np.int32), 1, 65535)


def stretch_table() -> np.ndarray:
    """Its inverse ln(p / (1 - p)): int32 (4096,), log odds of the 12-bit probability's middle."""
    logistic = np.array(_logistic(40), np.int64)
    middles = (np.arange(4096, dtype=np.int64) * 2 + 1) << 27
    log_odds = np.searchsorted(logistic, middles) - SQUASH_LIMIT
    return np.clip(log_odds, -STRETCH_LIMIT, STRETCH_LIMIT).astype(np.int32)


def reciprocal_table(limit: int) -> np.ndarray:
    """Adaptation rates 1 / (n + 1.5) of a probability seen n times: int32 (limit,), 16 bits."""
    return np.array([(2 << 16) // (2 * n + 3) for n in range(limit)], np.int32)


LOGARITHM_BITS = 11
OCTAVE = 2839  # 4096 ln 2: a doubling, in units of 1/4096 nat


def logarithm_table() -> np.ndarray:
    """ln(1 + i / 2**11) in units of 1/256 nat, rounded: int32 (2048,)."""
    exponentials = np.array([e >> (_FRACTION_BITS - 40) for e in _exponentials(360)], np.int64)
    values = np.arange(1 << LOGARITHM_BITS, 2 << LOGARITHM_BITS, dtype=np.int64)
    # Rounded in half units of 1/256: exp(k / 256)**2 against the square of the value.
    squares = (values * values) << (40 - 2 * LOGARITHM_BITS)
    return ((np.searchsorted(exponentials, squares, side="right") - 1 + 1) // 2).astype(np.int32)


LOGARITHM = logarithm_table()
SQUASH = squash_table()
STRETCH = stretch_table()
RECIPROCAL = reciprocal_table(1024)
