"""Reversible maps between bytes and streams of symbols; byte pairs are in ``bpe``."""

from neurocomp.symbols.maps import BYTES, SYMBOL_MAPS, UINT16, SymbolMap, for_alphabet

__all__ = [
    "BYTES",
    "SYMBOL_MAPS",
    "UINT16",
    "SymbolMap",
    "for_alphabet",
]
