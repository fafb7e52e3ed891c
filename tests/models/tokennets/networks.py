"""Small float networks of tokens with weights that say something, and their checkpoints."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from safetensors.torch import save_file

from neurocomp.models.tokennets.torch_networks import (
    NeuralNgram,
    NeuralNgramConfig,
    RecurrentTokens,
    RecurrentTokensConfig,
)

ALPHABET_SIZE = 400
START = 399

Network = NeuralNgram | RecurrentTokens


def make_network(kind: str, alphabet_size: int = ALPHABET_SIZE) -> Network:
    """Return a network of random weights whose predictions are far from even."""
    torch.manual_seed(3)
    network: Network
    if kind == "neural-ngram":
        network = NeuralNgram(NeuralNgramConfig(4, 16, 40), alphabet_size)
        torch.nn.init.normal_(network.out.weight, std=0.3)
        torch.nn.init.normal_(network.out.bias, std=0.5)
        torch.nn.init.normal_(network.hidden.bias, std=0.5)
    else:
        network = RecurrentTokens(RecurrentTokensConfig(20, 2), alphabet_size)
    torch.nn.init.normal_(network.words.weight, std=0.4)
    torch.nn.init.normal_(network.bias, std=1.0)
    return network.eval()


def write_checkpoint(folder: Path, network: Network) -> Path:
    """Write what ``neurocomp train`` writes, without a tokenizer."""
    folder.mkdir(exist_ok=True)
    alphabet_size = network.words.num_embeddings
    settings = network.config.published_form(alphabet_size, min(START, alphabet_size - 1))
    (folder / "config.json").write_text(json.dumps(settings))
    state = {name: tensor.contiguous() for name, tensor in network.state_dict().items()}
    save_file(state, folder / "model.safetensors")
    return folder
