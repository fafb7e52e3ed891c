"""Tiny GPT-2 checkpoints with random weights, as transformers writes them."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import torch

from tests.symbols.vocabulary import ALPHABET_SIZE, END, fields

CONTEXT = 32


def write_checkpoint(folder: Path, **changes: Any) -> Path:
    """Write a checkpoint with its tokenizer to ``folder``; ``changes`` are of the configuration."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from transformers import GPT2Config, GPT2LMHeadModel

        torch.manual_seed(3)
        shape = {"n_positions": CONTEXT, "n_embd": 32, "n_layer": 2, "n_head": 2}
        special = {"bos_token_id": END, "eos_token_id": END}
        config = GPT2Config(vocab_size=ALPHABET_SIZE, **(shape | special | changes))
        model = GPT2LMHeadModel(config)
        with torch.no_grad():
            for name, parameter in model.named_parameters():
                if parameter.dim() > 1:
                    parameter.mul_(5)
                elif "bias" in name:
                    parameter.normal_(0, 0.1)
                else:
                    parameter.normal_(1, 0.2)
        model.save_pretrained(folder)
    vocabulary = fields()
    (folder / "vocab.json").write_text(json.dumps(vocabulary["vocab"]), encoding="utf-8")
    merges = "\n".join(["#version: 0.2", *vocabulary["merges"], ""])
    (folder / "merges.txt").write_text(merges, encoding="utf-8")
    return folder


def float_model(folder: Path) -> Any:
    """Return the checkpoint's float32 network."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from transformers import GPT2LMHeadModel

        network: Any = GPT2LMHeadModel.from_pretrained(folder)
        return network.eval()
