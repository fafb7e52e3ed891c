"""What the ids in a frame's header mean, for those who only read headers: nothing is imported.

Written by hand, as ids are; ``tests/pipeline/test_ids.py`` compares them with what they name.
"""

from __future__ import annotations

BINARY_CODER_ID = 0
CODER_IDS = {"arithmetic": 1, "huffman": 2}
"""Of the coders of symbol models; binary models have their own."""

CODER_NAMES = {
    **{number: name for name, number in CODER_IDS.items()},
    BINARY_CODER_ID: "arithmetic (binary)",
}
SYMBOL_NAMES = {0: "bytes", 1: "uint16", 2: "bpe", 8: "tokens"}
