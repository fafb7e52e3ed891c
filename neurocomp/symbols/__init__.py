"""Reversible maps between bytes and streams of symbols."""

from neurocomp.symbols.base import SymbolMap
from neurocomp.symbols.integers import BYTES, UINT16, SYMBOL_MAPS, for_alphabet

__all__ = ["BYTES", "SYMBOL_MAPS", "UINT16", "SymbolMap", "for_alphabet"]
