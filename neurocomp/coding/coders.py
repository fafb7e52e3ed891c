"""The coders of whole symbols, by their names."""

from __future__ import annotations

from neurocomp.coding.arithmetic import ArithmeticCoder
from neurocomp.coding.base import EntropyCoder
from neurocomp.coding.huffman import HuffmanCoder

CODERS: dict[str, EntropyCoder] = {
    "arithmetic": ArithmeticCoder(),
    "huffman": HuffmanCoder(),
}
"""Every coder of whole symbols, by name."""
