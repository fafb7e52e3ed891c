"""Tiny checkpoints of the Llama graph with random weights, as transformers writes them."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch

from neurocomp.models.transformer import TransformerModel
from neurocomp.store.stored import StoredModel
from neurocomp.symbols.bpe import BytePairs
from tests.symbols.vocabulary import ALPHABET_SIZE, END, fields

CONTEXT = 64
SHAPE: dict[str, Any] = {
    "vocab_size": ALPHABET_SIZE,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": CONTEXT,
    "bos_token_id": END,
    "eos_token_id": END,
    "pad_token_id": END,
}
LLAMA3_SCALING = {
    "rope_type": "llama3",
    "rope_theta": 10_000.0,
    "factor": 4.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 16,
}
KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "llama": ("Llama", {"tie_word_embeddings": False}),
    "tied": ("Llama", {"tie_word_embeddings": True, "rope_theta": 100_000.0}),
    "llama3": ("Llama", {"rope_parameters": LLAMA3_SCALING}),
    "linear": ("Llama", {"rope_parameters": {"rope_type": "linear", "factor": 2.0}}),
    "mistral": ("Mistral", {"sliding_window": 48, "head_dim": 16}),
    "qwen2": ("Qwen2", {"tie_word_embeddings": True}),
    "qwen3": ("Qwen3", {"head_dim": 16, "tie_word_embeddings": True}),
    "smollm3": ("SmolLM3", {"no_rope_layer_interval": 4}),
    "granite": (
        "Granite",
        {
            "embedding_multiplier": 2.5,
            "residual_multiplier": 0.5,
            "attention_multiplier": 0.25,
            "logits_scaling": 1.5,
            "tie_word_embeddings": True,
        },
    ),
    "olmo2": ("Olmo2", {"tie_word_embeddings": False, "rope_theta": 500_000.0}),
    "olmo2-tied": ("Olmo2", {"tie_word_embeddings": True}),
}
"""Classes of transformers, and what of their configurations is not the default."""


def write_llama(folder: Path, kind: str, **changes: Any) -> Path:
    """Write a checkpoint with its tokenizer to ``folder``; ``changes`` are of the configuration."""
    import transformers

    name, options = KINDS[kind]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.manual_seed(5)
        config = getattr(transformers, f"{name}Config")(**(SHAPE | options | changes))
        network = getattr(transformers, f"{name}ForCausalLM")(config)
        with torch.no_grad():
            for parameter_name, parameter in network.named_parameters():
                if parameter.dim() > 1:
                    parameter.mul_(8)
                elif "bias" in parameter_name:
                    parameter.normal_(0, 0.2)
                else:
                    parameter.normal_(1, 0.2)
        network.save_pretrained(folder)
    vocabulary = fields()
    tokenizer = {
        "model": {"type": "BPE", "vocab": vocabulary["vocab"], "merges": vocabulary["merges"]},
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [
                {"type": "Digits", "individual_digits": True},
                {"type": "ByteLevel", "add_prefix_space": False, "use_regex": True},
            ],
        },
    }
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer), encoding="utf-8")
    return folder


def float_llama(folder: Path) -> Any:
    """Return the checkpoint's float32 network."""
    from transformers import AutoModelForCausalLM

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        loader: Any = AutoModelForCausalLM
        return loader.from_pretrained(folder, dtype="float32", attn_implementation="eager").eval()


def relative_loss(folder: Path, stored: StoredModel) -> float:
    """Return what the exact tables lose beside the float network's, as a share of its entropy."""
    rows = np.random.default_rng(1).integers(0, END, (2, 40)).astype(np.int32)
    rows[:, 0] = END
    tables = TransformerModel(stored).network.all_frequencies(rows) / 2.0**24
    with torch.no_grad():
        logits = float_llama(folder)(torch.from_numpy(rows).long()).logits.double()
    spoken = BytePairs(stored.tensors["tokenizer"].tobytes()).contents
    logits[..., [one for one in range(ALPHABET_SIZE) if one not in spoken]] = -1e30
    shares = torch.softmax(logits, -1).reshape(80, ALPHABET_SIZE).numpy()
    logarithms = np.log2(np.maximum(shares, 1e-300))
    lost = (shares * (logarithms - np.log2(tables[:, :ALPHABET_SIZE]))).sum(1).mean()
    return float(lost / -(shares * logarithms).sum(1).mean())
