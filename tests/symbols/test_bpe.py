"""Byte pairs: every byte string comes back."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurocomp.errors import FormatError
from neurocomp.models.hub.tokenizer import _PATTERNS
from neurocomp.symbols.bpe import BytePairs, byte_characters, split_words
from tests.symbols.vocabulary import ALPHABET_SIZE, END, fields, tokenizer

PAIRS = BytePairs(tokenizer())
CASES = [
    b"",
    b"the inner band and the other",
    b"\0\0\xff\xfe the \x80",
    b"<|endoftext|>the<|endoftext|>",
    b"one\r\ntwo\r\n",
    b"th" + b"e" * 3,
    "ä\u0301\ufeff\U0001f600 x² 1½".encode() + b"\xed\xa0\x80",
    bytes(range(256)),
    b"   the   \n\n  ",
]


@pytest.mark.parametrize("data", CASES)
def test_odd_bytes_round_trip(data: bytes) -> None:
    assert PAIRS.decode(PAIRS.encode(data, ALPHABET_SIZE)) == data


@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_any_bytes_round_trip(data: bytes) -> None:
    symbols = PAIRS.encode(data, ALPHABET_SIZE)
    assert PAIRS.decode(symbols) == data
    assert END not in symbols


def test_pairs_are_merged() -> None:
    assert PAIRS.encode(b" the", ALPHABET_SIZE).size == 1


@given(st.text(st.characters(max_codepoint=0x24FF, exclude_categories=["Cs", "Cn"]), max_size=200))
def test_words_are_those_of_the_tokenizers_library(text: str) -> None:
    from tokenizers import pre_tokenizers

    library = pre_tokenizers.ByteLevel(add_prefix_space=False)
    expected = [text[start:stop] for _, (start, stop) in library.pre_tokenize_str(text)]
    if "".join(expected) == text:
        assert split_words(text) == expected


TEXTS = st.text(
    st.characters(max_codepoint=0x24FF, exclude_categories=["Cs", "Cn"])
    | st.sampled_from(list(" \n\r\t'sStTlLrReEvVmMdD0123!?.ab")),
    max_size=80,
)


@given(TEXTS)
@pytest.mark.parametrize("rule", ["digits", "triples", "singles"])
def test_words_of_other_rules_are_those_of_the_tokenizers_library(rule: str, text: str) -> None:
    from tokenizers import Regex, pre_tokenizers

    if rule == "digits":
        steps: list[Any] = [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    else:
        pattern = next(one for one, name in _PATTERNS.items() if name == rule)
        steps = [pre_tokenizers.Split(Regex(pattern), "isolated")]
    library = pre_tokenizers.Sequence(steps)
    expected = [text[start:stop] for _, (start, stop) in library.pre_tokenize_str(text)]
    if "".join(expected) == text:
        assert split_words(text, rule) == expected


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("gpt2", ["I", "'ll", " see", " 1234", "  ", " x", "!!", "\n", "\n", "O", "'", "S"]),
        ("digits", ["I", "'ll", " see", " ", *"1234", "  ", " x", "!!", "\n", "\n", "O", "'", "S"]),
        ("triples", ["I", "'ll", " see", " ", "123", "4", "  ", " x", "!!\n\n", "O", "'S"]),
        ("singles", ["I", "'ll", " see", " ", *"1234", "  ", " x", "!!\n\n", "O", "'S"]),
    ],
)
def test_each_rule_cuts_its_own_words(rule: str, words: list[str]) -> None:
    assert split_words("".join(words), rule) == words


def test_a_rule_of_a_newer_version_is_named() -> None:
    with pytest.raises(FormatError, match="newer"):
        BytePairs(json.dumps(fields() | {"rule": "quadruples"}).encode())


def test_a_symbol_without_content_is_an_error() -> None:
    with pytest.raises(FormatError):
        PAIRS.decode(np.array([END]))
    with pytest.raises(FormatError):
        PAIRS.encode(b"x", 100)


@pytest.mark.parametrize(
    "changes",
    [
        {"vocab": {}},
        {"vocab": dict.fromkeys(byte_characters(), 0)},
        {"merges": ["a"]},
        {"merges": ["t zz"]},
        {"vocab": fields()["vocab"] | {"\ud800": 999_999}},
        {"merges": 3},
    ],
)
def test_a_damaged_tokenizer_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(FormatError):
        BytePairs(json.dumps(fields() | changes).encode())
