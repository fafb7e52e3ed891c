"""Reversible maps between bytes and streams of symbols."""

from neurocomp.symbols.base import SymbolMap
from neurocomp.symbols.bpe import BytePairs
from neurocomp.symbols.integers import BYTES, SYMBOL_MAPS, UINT16, for_alphabet
from neurocomp.symbols.token_sets import TokenSets

__all__ = [
    "BYTES",
    "SYMBOL_MAPS",
    "UINT16",
    "BytePairs",
    "SymbolMap",
    "TokenSets",
    "for_alphabet",
]
