"""Entropy coders: from (symbol, frequency table) to bits and back.

``CODERS`` holds the coders of whole symbols.  Single bits of binary models are coded by the core,
within its kernels (core/src/coding); ``neurocomp.coding.bits`` codes arrays of them.
"""

from neurocomp.coding.arithmetic import ArithmeticCoder
from neurocomp.coding.base import Decoder, Encoder, EntropyCoder
from neurocomp.coding.huffman import HuffmanCoder

CODERS: dict[str, EntropyCoder] = {
    "arithmetic": ArithmeticCoder(),
    "huffman": HuffmanCoder(),
}
"""Every coder of whole symbols, by name."""

__all__ = [
    "CODERS",
    "ArithmeticCoder",
    "Decoder",
    "Encoder",
    "EntropyCoder",
    "HuffmanCoder",
]
