"""Reversible maps between bytes and streams of symbols."""

from neurocomp.symbols.bpe import BytePairs
from neurocomp.symbols.description import Description
from neurocomp.symbols.maps import BYTES, SYMBOL_MAPS, UINT16, SymbolMap, for_alphabet

__all__ = [
    "BYTES",
    "SYMBOL_MAPS",
    "UINT16",
    "BytePairs",
    "Description",
    "SymbolMap",
    "for_alphabet",
]
