r"""Byte pairs: text as the tokens of a byte-level BPE vocabulary, and any other bytes as well.

R. Sennrich et al., Neural machine translation of rare words with subword units, 2016; on bytes:
A. Radford et al., Language models are unsupervised multitask learners, 2019.

Decoding is the concatenation of the tokens' bytes, so that it can't depend on how a tokenizer
splits text.  Encoding checks that it decodes to the data.

Text is cut into the words that pairs are merged within:

GPT-2's rule is ``'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+``.
Rules are read by a small automaton of the core, ten times as fast as by a regular expression;
``core/src/symbols/pretokens.hpp`` has them all.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import chain
from typing import Any

import numpy as np

from neurocomp import _core, extras
from neurocomp.errors import FormatError
from neurocomp.exact import Stream
from neurocomp.frame.constants import SYMBOLS_BPE
from neurocomp.symbols.description import Description
from neurocomp.symbols.maps import SymbolMap
from neurocomp.symbols.pieces import SPACE, contents_of_pieces, split_lines

_SIGN, _LETTER, _NUMBER, _SPACE = 0, 1, 2, 3
_SPACES = frozenset(
    [*b"\t\n\v\f\r ", 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F]
) | {0x3000}
"""Unicode's White_Space."""


def split_words(text: str, rule: str = "gpt2") -> list[str]:
    """Return the words of ``text`` by one of ``WORD_RULES``: joined they are ``text`` again."""
    if not text:
        return []
    codes = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    class_of = np.zeros(int(codes.max()) + 1, np.uint8)
    for code in np.flatnonzero(np.bincount(codes)).tolist():
        class_of[code] = _class_of(code)
    classes = class_of[codes]
    ends = np.empty(codes.size, np.int64)
    num_words = _core.symbols.find_word_ends(WORD_RULES.index(rule), codes, classes, ends)
    stops = ends[:num_words].tolist()
    return [text[start:stop] for start, stop in zip([0, *stops], stops, strict=False)]


def _class_of(code: int) -> int:
    if code in _SPACES:
        return _SPACE
    return {"L": _LETTER, "N": _NUMBER}.get(unicodedata.category(chr(code))[0], _SIGN)


_INVALID = re.compile("([\udc80-\udcff]+)")
MAX_TOKENS = 1 << 20
GPT2_RULE = "gpt2"
WORD_RULES = (GPT2_RULE, "digits", "triples", "singles")
"""How text is cut into words: by GPT-2, by SmolLM with each digit alone, by Llama 3, by Qwen2."""

PIECES_RULE = "pieces"
"""Tokens are `pieces`, and text is cut into lines."""


def byte_characters() -> list[str]:
    """Return the character that stands for each byte in a byte-level vocabulary.

    Printable bytes of Latin-1 stand for themselves, the others for U+0100 and on.
    """
    printable = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    others = iter(range(0x100, 0x200))
    return [chr(byte if byte in printable else next(others)) for byte in range(256)]


class BytePairs(SymbolMap):
    """The symbol map of a byte-level BPE vocabulary.

    Args:
        tokenizer: JSON, UTF-8: an object with "vocab", numbers by token, "merges", a list of pairs
            of tokens with a space between, and "rule", one of ``WORD_RULES`` or ``PIECES_RULE``,
            where it is not GPT-2's.

    Raises:
        FormatError: it is something else, or a byte has no token.
    """

    id = SYMBOLS_BPE
    name = "bpe"
    is_vocabulary = True

    def __init__(self, tokenizer: bytes) -> None:
        self._vocabulary, self._merges, self._rule = _parse(tokenizer)
        values = {character: byte for byte, character in enumerate(byte_characters())}
        merged = {merge.replace(" ", "") for merge in self._merges}
        if self._rule == PIECES_RULE:
            self._bytes_of = contents_of_pieces(self._vocabulary, merged)
        else:
            # A token that no merge makes, such as <|endoftext|>, has a meaning and no content.
            self._bytes_of = {
                number: bytes(values[character] for character in token)
                for token, number in self._vocabulary.items()
                if token in values or (token in merged and set(token) <= values.keys())
            }
        singles = {text[0]: number for number, text in self._bytes_of.items() if len(text) == 1}
        if len(singles) != 256:
            raise FormatError(f"the vocabulary has tokens for {len(singles)} bytes, not for 256")
        self._single = np.array([singles[byte] for byte in range(256)], np.int32)

    @property
    def contents(self) -> Mapping[int, bytes]:
        """The bytes of each token that stands for text."""
        return self._bytes_of

    def encode(self, data: bytes, alphabet_size: int) -> Stream:
        """Return the tokens of ``data``, int32 (n,): whatever the bytes are, they have a form."""
        if max(self._bytes_of, default=0) >= alphabet_size:
            raise FormatError(f"a token of the vocabulary is outside 0..{alphabet_size - 1}")
        parts = [self._encode_part(*part) for part in _split_text(data)]
        return np.concatenate(parts) if parts else np.empty(0, np.int32)

    def decode(self, symbols: Stream) -> bytes:
        """Return the bytes that the tokens stand for.

        Raises:
            FormatError: a symbol is not a token of content.
        """
        try:
            return b"".join(map(self._bytes_of.__getitem__, symbols.tolist()))
        except KeyError as error:
            raise FormatError(f"symbol {error} is not a token of the vocabulary") from None

    def describe(self, symbols: Stream) -> Description:
        """Return the number of bytes of each token."""
        sizes = [len(self._bytes_of.get(number, b"")) for number in symbols.tolist()]
        return Description(np.array(sizes, np.int64))

    def name_of(self, symbol: int) -> bytes | str:
        """Return the token's bytes; its number where it stands for none."""
        return self._bytes_of.get(symbol, f"token {symbol}")

    def _encode_part(self, data: bytes, text: str | None) -> Stream:
        if text is None:
            return self._single[np.frombuffer(data, np.uint8)]
        words = split_lines(text) if self._rule == PIECES_RULE else split_words(text, self._rule)
        numbers = self._numbers_of(list(dict.fromkeys(words)))
        tokens = np.array([*chain.from_iterable(map(numbers.__getitem__, words))], np.int32)
        if all(token in self._bytes_of for token in np.unique(tokens).tolist()) and (
            self.decode(tokens) == data
        ):
            return tokens
        return self._single[np.frombuffer(data, np.uint8)]

    def _numbers_of(self, words: list[str]) -> dict[str, list[int]]:
        """Return the tokens of each word."""
        given = words
        if self._rule == PIECES_RULE:
            given = [word.replace(" ", SPACE) for word in words]
        encodings = self._tokenizer.encode_batch_fast(given, add_special_tokens=False)
        numbers = {word: one.ids for word, one in zip(words, encodings, strict=True)}
        if self._rule == PIECES_RULE:
            # The sign for the space would come back as one.
            signs = [word for word in words if SPACE in word]
            numbers |= {one: self._single[list(one.encode())].tolist() for one in signs}
        return numbers

    @cached_property
    def _tokenizer(self) -> Any:
        extras.require("turning text into byte pairs", "hub", "tokenizers")
        from tokenizers import Tokenizer, models, pre_tokenizers

        pairs = (merge.partition(" ") for merge in self._merges)
        merges = [(left, right) for left, _, right in pairs]
        if self._rule == PIECES_RULE:
            return Tokenizer(models.BPE(dict(self._vocabulary), merges, byte_fallback=True))
        tokenizer = Tokenizer(models.BPE(dict(self._vocabulary), merges))
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
        return tokenizer


def _parse(tokenizer: bytes) -> tuple[Mapping[str, int], list[str], str]:
    try:
        fields = json.loads(tokenizer)
        vocabulary, merges = fields["vocab"], fields["merges"]
        rule = fields.get("rule", GPT2_RULE)
        numbers = set(vocabulary.values())
        is_sound = (
            len(numbers) == len(vocabulary) <= MAX_TOKENS
            and all(type(number) is int and 0 <= number < MAX_TOKENS for number in numbers)
            and all(len(merge.split(" ")) == 2 for merge in merges)
            and all(
                {*merge.split(" "), merge.replace(" ", "")} <= vocabulary.keys() for merge in merges
            )
        )
        "".join(vocabulary).encode()  # no half characters
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise FormatError(f"the tokenizer is damaged: {error!r}") from None
    if not is_sound:
        raise FormatError("the tokenizer is damaged")
    if not isinstance(rule, str) or rule not in (*WORD_RULES, PIECES_RULE):
        raise FormatError(
            "the tokenizer cuts words by a rule that this neurocomp does not have: install a newer "
            "one (pip install -U neurocomp)"
        )
    return vocabulary, merges, rule


def _split_text(data: bytes) -> Iterator[tuple[bytes, str | None]]:
    """Cut ``data`` into stretches of valid UTF-8, with their text, and others, with None."""
    text = data.decode("utf-8", "surrogateescape")
    for stretch in _INVALID.split(text):
        if not stretch:
            continue
        if "\udc80" <= stretch[0] <= "\udcff":
            yield stretch.encode("utf-8", "surrogateescape"), None
        else:
            yield stretch.encode("utf-8"), stretch
