"""Entropy coders: from (symbol, frequency table) to bits and back.

``CODERS`` holds the coders of whole symbols.  Single bits of binary models are coded by the core,
within its kernels (core/src/coding); ``neurocomp.coding.bits`` codes arrays of them.
"""

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from neurocomp.coding.base import Decoder, Encoder, EntropyCoder

if TYPE_CHECKING:
    from neurocomp.coding.arithmetic import ArithmeticCoder
    from neurocomp.coding.huffman import HuffmanCoder

    CODERS: dict[str, EntropyCoder]
    """Every coder of whole symbols, by name."""

__all__ = [
    "CODERS",
    "ArithmeticCoder",
    "Decoder",
    "Encoder",
    "EntropyCoder",
    "HuffmanCoder",
]


def __getattr__(name: str) -> Any:
    """Import coders, whose kernels take long to load, when they are asked for."""
    if name == "CODERS":
        return _coders()
    if name in ("ArithmeticCoder", "HuffmanCoder"):
        module = import_module(f"neurocomp.coding.{name.removesuffix('Coder').lower()}")
        return getattr(module, name)
    raise AttributeError(name)


@cache
def _coders() -> dict[str, EntropyCoder]:
    from neurocomp.coding.arithmetic import ArithmeticCoder
    from neurocomp.coding.huffman import HuffmanCoder

    return {"arithmetic": ArithmeticCoder(), "huffman": HuffmanCoder()}
