"""The symbols that networks of text are trained on, and networks of tokens as they were stored."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurocomp.errors import FormatError, UnsupportedError, UsageError
from neurocomp.models.bytenet.glr import GLR
from neurocomp.models.hub.tokenizer import read_tokenizer
from neurocomp.models.tokennets.torch_networks import (
    NGRAM_MODEL_TYPE,
    RECURRENT_MODEL_TYPE,
    NeuralNgram,
    NeuralNgramConfig,
    RecurrentTokens,
    RecurrentTokensConfig,
)
from neurocomp.models.transformer.torch_gpt2 import GPT2
from neurocomp.symbols.bpe import BytePairs
from neurocomp.training.checkpoint import load_model
from neurocomp.training.data import SEPARATOR, Encode

VOCABULARY_NAME, MERGES_NAME = "vocab.json", "merges.txt"
END_OF_TEXT = "<|endoftext|>"


@dataclass(frozen=True)
class Alphabet:
    """Symbols of text.

    Attributes:
        name: tells it from others, for the cache.
        separator: the symbol between documents.
        symbol_bytes: bytes that each symbol stands for, shape (V,), int64; 1 for the separator.
        encode: turns a document into symbols; None where bytes are the symbols.
        files: what a reader of the model's symbols needs, by name.
    """

    name: str
    separator: int
    symbol_bytes: NDArray[np.int64]
    encode: Encode | None
    files: dict[str, bytes]

    @property
    def size(self) -> int:
        """V, the number of symbols."""
        return self.symbol_bytes.size


def byte_alphabet() -> Alphabet:
    """Return the alphabet of the 256 bytes."""
    return Alphabet("bytes", SEPARATOR[0], np.ones(256, np.int64), None, {})


def alphabet_of(name: str, tokenizer: Path | None) -> Alphabet:
    """Return the alphabet that a configuration names: "bytes", or the byte pairs of a tokenizer.

    Raises:
        UsageError, FormatError: it needs a tokenizer, and there is none, or a damaged one.
    """
    return byte_alphabet() if name == "bytes" else gpt2_alphabet(tokenizer)


def gpt2_alphabet(folder: Path | None) -> Alphabet:
    """Return the byte pairs of GPT-2, or another byte-level vocabulary in its format.

    Args:
        folder: holds vocab.json and merges.txt.

    Raises:
        UsageError: a file is missing.
        FormatError: the vocabulary is not one.
    """
    if folder is None:
        raise UsageError(
            f"model.alphabet is 'gpt2', which needs --tokenizer FOLDER with {VOCABULARY_NAME} and "
            f"{MERGES_NAME}; model.alphabet = 'bytes' needs none"
        )
    names = (VOCABULARY_NAME, MERGES_NAME)
    for name in names:
        if not (folder / name).is_file():
            raise UsageError(f"{folder} has no {name}: name the folder of a GPT-2 tokenizer")
    files = {name: (folder / name).read_bytes() for name in names}
    try:
        vocabulary: dict[str, int] = json.loads(files[VOCABULARY_NAME])
        symbol_bytes = np.ones(len(vocabulary), np.int64)
        for text, symbol in vocabulary.items():
            # In these files a character stands for one byte.
            symbol_bytes[symbol] = 1 if text == END_OF_TEXT else len(text)
        separator = vocabulary[END_OF_TEXT]
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise FormatError(
            f"{folder / VOCABULARY_NAME} is not a GPT-2 vocabulary: {error}"
        ) from None
    tokenizer = read_tokenizer(folder)
    assert tokenizer is not None, "its files are there"
    pairs = BytePairs(tokenizer)

    def encode(document: bytes) -> NDArray[Any]:
        return pairs.encode(document, len(vocabulary))

    name = hashlib.sha256(b"".join(files.values())).hexdigest()
    return Alphabet(f"byte-pairs-{name}", separator, symbol_bytes, encode, files)


TextNetwork = GLR | GPT2 | NeuralNgram | RecurrentTokens

_OF_TOKENS: dict[str, Any] = {
    NGRAM_MODEL_TYPE: (NeuralNgram, NeuralNgramConfig),
    RECURRENT_MODEL_TYPE: (RecurrentTokens, RecurrentTokensConfig),
}
"""Networks of tokens and their configurations, by what a checkpoint's config.json calls them."""


def load_network(folder: Path) -> tuple[NeuralNgram | RecurrentTokens, int]:
    """Return the network of tokens in a checkpoint folder, and its start symbol.

    Raises:
        FormatError: the checkpoint is damaged.
        UnsupportedError: it holds a network of another kind.
    """
    try:
        settings = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        kind, size = settings.pop("model_type"), settings.pop("alphabet_size")
        start = settings.pop("start_symbol")
        if kind not in _OF_TOKENS:
            raise UnsupportedError(f"{folder} holds a network of type {kind!r}")
        network_class, config_class = _OF_TOKENS[kind]
        network: NeuralNgram | RecurrentTokens = network_class(config_class(**settings), size)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise FormatError(f"{folder} is no checkpoint of a network of tokens: {error}") from None
    load_model(folder, network)
    return network.eval(), int(start)
