"""Tokens as bytes: docs/format.md, section 4, symbol map 2."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from tests.reference.coders import need
from tests.reference.stored import StoredModel

BYTE = re.compile(r"<0x([0-9A-F]{2})>")


def characters() -> list[str]:
    """Return the character that stands for each byte."""
    own = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    others = iter(range(0x100, 0x200))
    return [chr(byte if byte in own else next(others)) for byte in range(256)]


class BytePairs:
    """The bytes of each token of a model's vocabulary.

    Attributes:
        contents: by the numbers of tokens; tokens that are not content are not there.
    """

    def __init__(self, stored: StoredModel) -> None:
        text = json.loads(bytes(stored.numbers("tokenizer")))
        byte_of = {character: byte for byte, character in enumerate(characters())}
        merged = {merge.replace(" ", "") for merge in text["merges"]}
        self.contents: dict[int, bytes] = {}
        for token, number in text["vocab"].items():
            is_text = len(token) == 1 or token in merged
            if text.get("rule") == "pieces":
                if found := BYTE.fullmatch(token):
                    self.contents[number] = bytes([int(found[1], 16)])
                elif is_text:
                    self.contents[number] = token.replace("\u2581", " ").encode()
            elif is_text and set(token) <= byte_of.keys():
                self.contents[number] = bytes(byte_of[character] for character in token)

    def content(self, tokens: Sequence[int]) -> bytes:
        need(all(token in self.contents for token in tokens), "a token has no bytes")
        return b"".join(self.contents[token] for token in tokens)
