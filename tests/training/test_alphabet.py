"""The symbols of text that models are trained on are those that the coder has."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from neurocomp.errors import FormatError, UsageError
from neurocomp.models.text.networks import gpt2_alphabet
from neurocomp.symbols.bpe import BytePairs, byte_characters
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


def trained(folder: Path, **special: str) -> Path:
    """Write a tokenizer.json of the library tokenizers; return it."""
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=300,
        show_progress=False,
        initial_alphabet=byte_characters(),
        special_tokens=list(special.values()),
    )
    tokenizer.train_from_iterator(["the hat and the cat that sat on the mat"] * 9, trainer)
    path = folder / "tokenizer.json"
    tokenizer.save(str(path))
    return path


def test_a_tokenizer_of_the_library(tmp_path: Path) -> None:
    from tokenizers import Tokenizer

    path = trained(tmp_path, end="<|end_of_text|>")
    whole, folder = gpt2_alphabet(path), gpt2_alphabet(tmp_path)
    assert (whole.name, whole.separator, whole.size) == (folder.name, folder.separator, folder.size)
    theirs = Tokenizer.from_file(str(path))
    assert whole.separator == theirs.token_to_id("<|end_of_text|>")
    assert whole.size == theirs.get_vocab_size()
    assert whole.files == {"tokenizer.json": path.read_bytes()}
    assert whole.encode is not None
    text = "the cat and a hat, caf\u00e9"
    symbols = np.asarray(whole.encode(text.encode()))
    assert symbols.tolist() == theirs.encode(text).ids
    assert int(whole.symbol_bytes[symbols].sum()) == len(text.encode())


def test_a_token_besides_the_vocabulary(tmp_path: Path) -> None:
    path = trained(tmp_path)
    content = json.loads(path.read_text(encoding="utf-8"))
    size = len(content["model"]["vocab"])
    content["added_tokens"] = [{"id": size + 2, "content": "</s>", "special": True}]
    path.write_text(json.dumps(content), encoding="utf-8")
    alphabet = gpt2_alphabet(path)
    assert (alphabet.separator, alphabet.size) == (size + 2, size + 3)


def test_no_token_between_documents(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"tokenizer\.json is not a vocabulary for training: it"):
        gpt2_alphabet(trained(tmp_path))
    with pytest.raises(UsageError, match=r"has no tokenizer\.json, nor vocab\.json and merges"):
        gpt2_alphabet(tmp_path / "nothing")
    broken = tmp_path / "tokenizer.json"
    broken.write_text("{")
    with pytest.raises(FormatError, match=r"tokenizer\.json"):
        gpt2_alphabet(broken)
