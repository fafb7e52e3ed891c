"""Small vocabularies: of byte pairs, and of pieces."""

from __future__ import annotations

import json
from typing import Any

from neurocomp.symbols.bpe import byte_characters
from neurocomp.symbols.pieces import SPACE

PAIRS = ("t h", "th e", "Ġ the", "i n", "e r", "a n", "an d", "Ġ and")
END = 299
ALPHABET_SIZE = 300

_BYTES = [f"<0x{byte:02X}>" for byte in range(256)]
_WORDS = [*"abdehnt", SPACE, "th", "the", "he", "an", "and", f"{SPACE}the", f"{SPACE}t", "ä"]
PIECES = ["<unk>", "<s>", "</s>", *_BYTES, *_WORDS]
"""Tokens as SentencePiece has them, of which those before have the better scores."""


def fields() -> dict[str, Any]:
    """Return the vocabulary: bytes, merged pairs, and a token without content."""
    tokens = [*byte_characters(), *(pair.replace(" ", "") for pair in PAIRS)]
    vocabulary = {token: number for number, token in enumerate(tokens)}
    return {"vocab": vocabulary | {"<|endoftext|>": END}, "merges": list(PAIRS)}


def tokenizer() -> bytes:
    """Return the vocabulary as a model stores it."""
    return json.dumps(fields()).encode()
