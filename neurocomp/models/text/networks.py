"""The symbols that networks of text are trained on, and networks of tokens as they were stored."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurocomp.errors import FormatError, UnsupportedError, UsageError
from neurocomp.models.bytenet.glr import GLR
from neurocomp.models.hub.tokenizer import (
    MERGES_NAME,
    VOCABULARY_NAME,
    WHOLE_NAME,
    read_tokenizer,
    tokenizer_files,
)
from neurocomp.models.tokennets.torch_networks import (
    NGRAM_MODEL_TYPE,
    RECURRENT_MODEL_TYPE,
    NeuralNgram,
    NeuralNgramConfig,
    RecurrentTokens,
    RecurrentTokensConfig,
)
from neurocomp.models.transformer.checkpoint import read_json
from neurocomp.models.transformer.torch_gpt2 import GPT2
from neurocomp.symbols.bpe import BytePairs
from neurocomp.training.checkpoint import load_model
from neurocomp.training.data import SEPARATOR, Encode

ENDS_OF_TEXT = ("<|endoftext|>", "<|end_of_text|>", "</s>", "<eos>")
"""Tokens that may stand between documents, those of GPT-2, of Llama 3, and of other tokenizers."""
MAX_SYMBOLS = 1 << 16
"""Symbols of a training are stored in 16 bits."""


@dataclass(frozen=True)
class Alphabet:
    """Symbols of text.

    Attributes:
        name: name that tells it from others, for the cache.
        separator: the symbol between documents.
        symbol_bytes: number of bytes that each symbol stands for, shape (V,), int64; 1 for the
            separator.
        encode: a function that turns a document into symbols; None if bytes are the symbols.
        files: files that a reader of the model's symbols needs, by name.
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


def gpt2_alphabet(place: Path | None) -> Alphabet:
    """Return the byte pairs of GPT-2, or of another byte-level vocabulary.

    Args:
        place: folder with vocab.json and merges.txt, or with tokenizer.json, or a file like that.

    Raises:
        UsageError: a file is missing.
        FormatError: the vocabulary is not one.
    """
    if place is None:
        raise UsageError(
            "model.alphabet is 'gpt2', which needs --tokenizer: a tokenizer.json, or a folder with "
            f"it or with {VOCABULARY_NAME} and {MERGES_NAME}; model.alphabet = 'bytes' needs none"
        )
    paths = tokenizer_files(place)
    tokenizer = read_tokenizer(place)
    if tokenizer is None:
        raise UsageError(
            f"{place} has no tokenizer.json, nor {VOCABULARY_NAME} and {MERGES_NAME}: name the "
            "file or the folder of a tokenizer of byte pairs"
        )
    if MERGES_NAME in paths and "rule" not in json.loads(tokenizer):
        paths = {name: paths[name] for name in (VOCABULARY_NAME, MERGES_NAME)}  # they say it all
    pairs = BytePairs(tokenizer)
    separator, size = _end_and_size(tokenizer, paths)
    symbol_bytes = np.ones(size, np.int64)
    for symbol, content in pairs.contents.items():
        symbol_bytes[symbol] = len(content)

    def encode(document: bytes) -> NDArray[Any]:
        return pairs.encode(document, size)

    files = {name: path.read_bytes() for name, path in paths.items()}
    name = hashlib.sha256(b"".join(files.values())).hexdigest()
    return Alphabet(f"byte-pairs-{name}", separator, symbol_bytes, encode, files)


def _end_and_size(tokenizer: bytes, paths: Mapping[str, Path]) -> tuple[int, int]:
    """Return the token between documents, and how many numbers of tokens there are.

    Args:
        tokenizer: as `read_tokenizer` returns it.
        paths: its files; tokenizer.json may have tokens besides the vocabulary, as that one is.

    Raises:
        FormatError: no token can stand between documents, or one has no number.
    """
    vocabulary: dict[str, int] = json.loads(tokenizer)["vocab"]
    shown = next(iter(paths.values()))
    if WHOLE_NAME in paths and MERGES_NAME not in paths:
        try:
            added = read_json(paths[WHOLE_NAME]).get("added_tokens") or []
            vocabulary |= {str(one["content"]): int(one["id"]) for one in added}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise FormatError(f"{paths[WHOLE_NAME]} is damaged: {error!r}") from None
    ends = [vocabulary[name] for name in ENDS_OF_TEXT if name in vocabulary]
    numbers = vocabulary.values()
    if not ends or not 0 <= min(numbers) <= max(numbers) < MAX_SYMBOLS:
        raise FormatError(
            f"{shown} is not a vocabulary for training: it needs one of {', '.join(ENDS_OF_TEXT)} "
            f"to stand between documents, and {MAX_SYMBOLS:,} tokens at most"
        )
    return ends[0], max(numbers) + 1


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
        raise FormatError(f"{folder} is not a checkpoint of a network of tokens: {error}") from None
    load_model(folder, network)
    return network.eval(), int(start)
