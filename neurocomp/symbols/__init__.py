"""Reversible maps between bytes and streams of symbols."""

from neurocomp.symbols.base import SymbolMap
from neurocomp.symbols.bpe import BytePairs
from neurocomp.symbols.integers import BYTES, SYMBOL_MAPS, UINT16, for_alphabet
from neurocomp.symbols.line_ends import restore, shorten
from neurocomp.symbols.token_sets import TokenSets

SYMBOL_NAMES = {
    **{one.id: one.name for one in SYMBOL_MAPS.values()},
    BytePairs.id: BytePairs.name,
    TokenSets.id: TokenSets.name,
}
"""Every symbol map's name by its id."""

__all__ = [
    "BYTES",
    "SYMBOL_MAPS",
    "SYMBOL_NAMES",
    "UINT16",
    "BytePairs",
    "SymbolMap",
    "TokenSets",
    "for_alphabet",
    "restore",
    "shorten",
]
