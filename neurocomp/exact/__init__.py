"""Bit-exact arithmetic: what may stand between a model's stored integers and a coder.

Everything here gives the same integers on every machine, thread count and batch shape.
"""

from neurocomp.exact.frequencies import (
    MAX_ALPHABET_SIZE,
    TOTAL,
    TOTAL_BITS,
    WEIGHT_LIMIT,
    Frequencies,
    Stream,
    Symbols,
    Weights,
    quantise,
)

__all__ = [
    "MAX_ALPHABET_SIZE",
    "TOTAL",
    "TOTAL_BITS",
    "WEIGHT_LIMIT",
    "Frequencies",
    "Stream",
    "Symbols",
    "Weights",
    "quantise",
]
