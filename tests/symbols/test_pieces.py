"""Pieces of SentencePiece: every byte string comes back, and merges are those of the scores."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurocomp.symbols.bpe import BytePairs
from neurocomp.symbols.pieces import SPACE, merges_of_pieces, split_lines
from tests.symbols.vocabulary import PIECES

VOCABULARY = {token: number for number, token in enumerate(PIECES)}
SCORES = {token: -float(number) for token, number in VOCABULARY.items()}
MERGES = merges_of_pieces(VOCABULARY, SCORES)
PAIRS = BytePairs(json.dumps({"vocab": VOCABULARY, "merges": MERGES, "rule": "pieces"}).encode())


@given(st.binary(max_size=100) | st.text(max_size=60).map(str.encode))
def test_any_bytes_round_trip(data: bytes) -> None:
    symbols = PAIRS.encode(data, len(PIECES))
    assert PAIRS.decode(symbols) == data
    assert symbols.size == 0 or int(symbols.min()) >= 3


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("the and", ["the", SPACE, "and"]),
        (" the\n the", [f"{SPACE}the", "<0x0A>", f"{SPACE}the"]),
        ("ü", ["<0xC3>", "<0xBC>"]),
        ("ä", ["ä"]),
        ("<s>", ["<0x3C>", "<0x73>", "<0x3E>"]),
    ],
)
def test_pieces_are_merged(text: str, tokens: list[str]) -> None:
    symbols = PAIRS.encode(text.encode(), len(PIECES))
    assert [PIECES[number] for number in symbols] == tokens


def test_the_sign_for_the_space_is_kept() -> None:
    data = f"the{SPACE}and\nthe".encode()
    symbols = PAIRS.encode(data, len(PIECES))
    assert PAIRS.decode(symbols) == data
    assert VOCABULARY["the"] in symbols  # of the line without it


def test_better_scores_are_merged_first() -> None:
    assert MERGES.index("t h") < MERGES.index("h e")
    assert all("<" not in merge for merge in MERGES)


def test_lines_keep_their_ends() -> None:
    text = "one\n\ntwo\r\nthree"
    assert split_lines(text) == ["one\n", "\n", "two\r\n", "three"]
    assert split_lines("") == []


def test_single_bytes_are_there() -> None:
    data = bytes(range(256))
    assert PAIRS.decode(PAIRS.encode(data, len(PIECES))) == data
