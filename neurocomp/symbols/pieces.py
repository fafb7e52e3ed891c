"""Pieces of SentencePiece: tokens of text with a sign for the space, and one for each byte.

T. Kudo, J. Richardson, SentencePiece: a simple and language independent subword tokenizer and
detokenizer for neural text processing, 2018; as Llama 2, Mistral and TinyLlama have them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

SPACE = "\u2581"
"""Stands for a space in a token."""

_BYTE = re.compile("<0x([0-9A-F]{2})>")
_LINE = re.compile("[^\n]*\n|[^\n]+")


def contents_of_pieces(vocabulary: Mapping[str, int], merged: set[str]) -> dict[int, bytes]:
    """Return the bytes of each token that stands for text; ``merged`` are what merges make."""
    contents = {}
    for token, number in vocabulary.items():
        if byte := _BYTE.fullmatch(token):
            contents[number] = bytes([int(byte[1], 16)])
        elif len(token) == 1 or token in merged:
            contents[number] = token.replace(SPACE, " ").encode()
    return contents


def split_lines(text: str) -> list[str]:
    """Return the lines of ``text`` with their ends, which no token crosses."""
    return _LINE.findall(text)


def merges_of_pieces(vocabulary: Mapping[str, int], scores: Mapping[str, float]) -> list[str]:
    """Return the merges that a vocabulary with scores stands for, the first to be made first.

    Args:
        vocabulary: numbers by token.
        scores: score of each token: of all pairs of neighbours, the one that makes the token with
            the highest score is merged.
    """
    pairs = []
    for token, number in vocabulary.items():
        if _BYTE.fullmatch(token) or " " in token:
            continue
        for i in range(1, len(token)):
            left, right = token[:i], token[i:]
            if left in vocabulary and right in vocabulary:
                key = (-scores[token], number, vocabulary[left], vocabulary[right])
                pairs.append((key, f"{left} {right}"))
    return [merge for _, merge in sorted(pairs)]
