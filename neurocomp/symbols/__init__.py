"""Reversible maps between bytes and streams of symbols."""

from neurocomp.symbols.bpe import BytePairs
from neurocomp.symbols.maps import BYTES, SYMBOL_MAPS, UINT16, SymbolMap, for_alphabet

__all__ = [
    "BYTES",
    "SYMBOL_MAPS",
    "UINT16",
    "BytePairs",
    "SymbolMap",
    "for_alphabet",
]
