"""The network that a configuration describes, and what its checkpoints say about it."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

from neurocomp.errors import FormatError, UnsupportedError
from neurocomp.networks import neural_ngram, recurrent_tokens
from neurocomp.networks.glr import GLR, GLRConfig
from neurocomp.networks.gpt2 import GPT2, GPT2Config
from neurocomp.networks.neural_ngram import NeuralNgram, NeuralNgramConfig
from neurocomp.networks.recurrent_tokens import RecurrentTokens, RecurrentTokensConfig
from neurocomp.training.checkpoint import load_model
from neurocomp.training.text.alphabet import Alphabet, byte_alphabet, gpt2_alphabet

TextNetwork = GLR | GPT2 | NeuralNgram | RecurrentTokens
NetworkConfig = GLRConfig | GPT2Config | NeuralNgramConfig | RecurrentTokensConfig


def alphabet_for(config: NetworkConfig, tokenizer: Path | None) -> Alphabet:
    """Return the symbols that a network of this shape is trained on.

    Raises:
        UsageError, FormatError: it needs a tokenizer, and there is none, or a damaged one.
    """
    if isinstance(config, GLRConfig) or config.alphabet == "bytes":
        return byte_alphabet()
    return gpt2_alphabet(tokenizer)


def build_network(config: NetworkConfig, alphabet: Alphabet) -> tuple[TextNetwork, dict[str, Any]]:
    """Return a new network, and the content of its checkpoints' config.json."""
    if isinstance(config, GLRConfig):
        return GLR(config), {"model_type": "glr", **dataclasses.asdict(config)}
    settings = config.published_form(alphabet.size, alphabet.separator)
    if isinstance(config, GPT2Config):
        return GPT2(config, alphabet.size), settings
    if isinstance(config, NeuralNgramConfig):
        return NeuralNgram(config, alphabet.size), settings
    return RecurrentTokens(config, alphabet.size), settings


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
        network: NeuralNgram | RecurrentTokens
        if kind == neural_ngram.MODEL_TYPE:
            network = NeuralNgram(NeuralNgramConfig(**settings), size)
        elif kind == recurrent_tokens.MODEL_TYPE:
            network = RecurrentTokens(RecurrentTokensConfig(**settings), size)
        else:
            raise UnsupportedError(f"{folder} holds a network of type {kind!r}")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise FormatError(f"{folder} is no checkpoint of a network of tokens: {error}") from None
    load_model(folder, network)
    return network.eval(), int(start)
