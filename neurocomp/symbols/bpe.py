r"""Byte pairs: text as the tokens of a byte-level BPE vocabulary, and any other bytes as well.

R. Sennrich et al., Neural machine translation of rare words with subword units, 2016; on bytes:
A. Radford et al., Language models are unsupervised multitask learners, 2019.

Decoding is the concatenation of the tokens' bytes, so that it can't depend on how a tokenizer
splits text.  Encoding checks that it decodes to the data.

Cutting text into the words that GPT-2's byte pairs are merged within.

The rule is ``'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+``, read
here by a small automaton of the core, ten times as fast as by a regular expression.
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
from neurocomp.symbols.maps import SymbolMap

_SIGN, _LETTER, _NUMBER, _SPACE = 0, 1, 2, 3
_SPACES = frozenset(
    [*b"\t\n\v\f\r ", 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F]
) | {0x3000}
"""Unicode's White_Space."""


def split_words(text: str) -> list[str]:
    """Return the words of ``text`` by GPT-2's rule; one behind the other they are ``text``."""
    if not text:
        return []
    codes = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    class_of = np.zeros(int(codes.max()) + 1, np.uint8)
    for code in np.flatnonzero(np.bincount(codes)).tolist():
        class_of[code] = _class_of(code)
    classes = class_of[codes]
    ends = np.empty(codes.size, np.int64)
    num_words = _core.symbols.find_word_ends(codes, classes, ends)
    stops = ends[:num_words].tolist()
    return [text[start:stop] for start, stop in zip([0, *stops], stops, strict=False)]


def _class_of(code: int) -> int:
    if code in _SPACES:
        return _SPACE
    return {"L": _LETTER, "N": _NUMBER}.get(unicodedata.category(chr(code))[0], _SIGN)


_INVALID = re.compile("([\udc80-\udcff]+)")
MAX_TOKENS = 1 << 20


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
        tokenizer: JSON, UTF-8: an object with "vocab", numbers by token, and "merges", a list of
            pairs of tokens with a space between.

    Raises:
        FormatError: it is something else, or a byte has no token.
    """

    id = SYMBOLS_BPE
    name = "bpe"
    is_vocabulary = True

    def __init__(self, tokenizer: bytes) -> None:
        self._vocabulary, self._merges = _parse(tokenizer)
        values = {character: byte for byte, character in enumerate(byte_characters())}
        self._bytes_of: dict[int, bytes] = {}
        merged = {merge.replace(" ", "") for merge in self._merges}
        for token, number in self._vocabulary.items():
            # A token that no merge makes, such as <|endoftext|>, has a meaning and no content.
            if token in values or (token in merged and set(token) <= values.keys()):
                self._bytes_of[number] = bytes(values[character] for character in token)
        singles = {text[0]: number for number, text in self._bytes_of.items() if len(text) == 1}
        if len(singles) != 256:
            raise FormatError(f"the vocabulary has tokens for {len(singles)} bytes, not for 256")
        self._single = np.array([singles[byte] for byte in range(256)], np.int32)

    def encode(self, data: bytes, alphabet_size: int) -> Stream:
        """Return the tokens of ``data``, int32 (n,): whatever the bytes are, they have a form."""
        if max(self._bytes_of, default=0) >= alphabet_size:
            raise FormatError(f"a token of the vocabulary is outside 0..{alphabet_size - 1}")
        parts = [self._encode_part(*part) for part in _split_text(data)]
        return np.concatenate(parts) if parts else np.empty(0, np.int32)

    def decode(self, symbols: Stream) -> bytes:
        """Return the bytes that the tokens stand for.

        Raises:
            FormatError: a symbol is no token of content.
        """
        try:
            return b"".join(map(self._bytes_of.__getitem__, symbols.tolist()))
        except KeyError as error:
            raise FormatError(f"symbol {error} is no token of the vocabulary") from None

    def _encode_part(self, data: bytes, text: str | None) -> Stream:
        if text is None:
            return self._single[np.frombuffer(data, np.uint8)]

        words = split_words(text)
        unique = list(dict.fromkeys(words))
        encodings = self._tokenizer.encode_batch_fast(unique, add_special_tokens=False)
        numbers = {word: one.ids for word, one in zip(unique, encodings, strict=True)}
        tokens = np.array([*chain.from_iterable(map(numbers.__getitem__, words))], np.int32)
        if all(token in self._bytes_of for token in np.unique(tokens).tolist()) and (
            self.decode(tokens) == data
        ):
            return tokens
        return self._single[np.frombuffer(data, np.uint8)]

    @cached_property
    def _tokenizer(self) -> Any:
        extras.require("turning text into byte pairs", "hub", "tokenizers")
        from tokenizers import Tokenizer, models, pre_tokenizers

        pairs = (merge.partition(" ") for merge in self._merges)
        merges = [(left, right) for left, _, right in pairs]
        tokenizer = Tokenizer(models.BPE(dict(self._vocabulary), merges))
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
        return tokenizer


def _parse(tokenizer: bytes) -> tuple[Mapping[str, int], list[str]]:
    try:
        fields = json.loads(tokenizer)
        vocabulary, merges = fields["vocab"], fields["merges"]
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
    return vocabulary, merges


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
