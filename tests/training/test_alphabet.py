"""The symbols of text that models are trained on are those that the coder has."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from neurocomp.errors import FormatError
from neurocomp.models.text.networks import gpt2_alphabet
from neurocomp.symbols.bpe import BytePairs
from tests.symbols.vocabulary import fields


def test_damaged_merges_are_named(tmp_path: Path) -> None:
    vocabulary = fields()["vocab"]
    dense = {token: number for number, token in enumerate(vocabulary)}
    (tmp_path / "vocab.json").write_text(json.dumps(dense), encoding="utf-8")
    (tmp_path / "merges.txt").write_bytes(b"\xff\xfe t h")
    with pytest.raises(FormatError, match=r"merges\.txt is not UTF-8"):
        gpt2_alphabet(tmp_path)


@pytest.mark.parametrize(
    "document",
    [b"the hat and the cat", b"caf\xe9, in Latin-1", b"\xff\x00\x1e\n", b"a<|endoftext|>b", b""],
)
def test_byte_pairs_of_any_bytes(document: bytes, tmp_path: Path) -> None:
    vocabulary = fields()
    end = vocabulary["vocab"]["<|endoftext|>"] = len(vocabulary["vocab"]) - 1
    (tmp_path / "vocab.json").write_text(json.dumps(vocabulary["vocab"]), encoding="utf-8")
    merges = "\n".join(["#version: 0.2", *vocabulary["merges"], ""])
    (tmp_path / "merges.txt").write_text(merges, encoding="utf-8")
    alphabet = gpt2_alphabet(tmp_path)
    assert alphabet.encode is not None
    symbols = np.asarray(alphabet.encode(document))
    pairs = BytePairs(json.dumps(vocabulary).encode())
    assert np.array_equal(symbols, pairs.encode(document, alphabet.size))
    assert end not in symbols
    assert pairs.decode(symbols.astype(np.int32)) == document
    assert int(alphabet.symbol_bytes[symbols].sum()) == len(document)
