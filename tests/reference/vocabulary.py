"""Tokens in the order of their bytes, and their prefixes: docs/spec/language.md, section 2."""

from __future__ import annotations

from collections.abc import Mapping

from tests.reference.coders import need


class Prefix:
    """Bytes that tokens begin with.

    Attributes:
        content: these bytes.
        number: of the prefix.
        first, last: the range of places of these tokens.
        is_complete: whether a token has these bytes and no more; it is at ``first``.
        longer: the prefixes of one byte more, by this byte.
    """

    def __init__(self, content: bytes, first: int) -> None:
        self.content = content
        self.number = -1
        self.first = self.last = first
        self.is_complete = False
        self.longer: dict[int, Prefix] = {}


class Vocabulary:
    """The tokens that are coded.

    Args:
        contents: bytes of tokens by their numbers.

    Attributes:
        numbers: of the token at each place.
        prefixes: in the order of their numbers, of which the first is empty.
    """

    def __init__(self, contents: Mapping[int, bytes]) -> None:
        number_of: dict[bytes, int] = {}
        for number in sorted(contents):
            if contents[number]:
                number_of.setdefault(contents[number], number)
        need(
            all(bytes([byte]) in number_of for byte in range(256)),
            "a vocabulary lacks tokens of single bytes",
        )
        self.numbers = [number_of[content] for content in sorted(number_of)]
        self.line_feed = number_of[b"\n"]
        root = Prefix(b"", 0)
        self.prefixes = [root]
        for place, content in enumerate(sorted(number_of)):
            prefix = root
            prefix.last = place + 1
            for size, byte in enumerate(content, 1):
                if byte not in prefix.longer:
                    prefix.longer[byte] = Prefix(content[:size], place)
                    self.prefixes.append(prefix.longer[byte])
                prefix = prefix.longer[byte]
                prefix.last = place + 1
            prefix.is_complete = True
        self.prefixes.sort(key=lambda one: (len(one.content), one.content))
        for number, prefix in enumerate(self.prefixes):
            prefix.number = number
