"""Reversible maps between bytes and streams of symbols."""

from neurocomp.symbols.base import SymbolMap
from neurocomp.symbols.integers import BYTES, SYMBOL_MAPS, UINT16, for_alphabet

__all__ = ["BYTES", "SYMBOL_MAPS", "UINT16", "SymbolMap", "for_alphabet"]
