"""Tiny checkpoints of the Llama graph with random weights: of transformers, and as GGUF."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch

from neurocomp.models.transformer import TransformerModel
from neurocomp.models.transformer.checkpoint import Checkpoint
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


_NORMS_AFTER = {
    "post_attention_layernorm": "post_attention_norm",
    "post_feedforward_layernorm": "post_ffw_norm",
}


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


_ARCHITECTURES = {"mistral": "llama"}
_PARTS = {
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm",
    "self_attn.o_proj": "attn_output",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


def write_gguf(
    path: Path, folder: Path, form: str = "F32", sliding_window: int | None = None
) -> Path:
    """Write the checkpoint in ``folder`` as llama.cpp's converter does, matrices in a form."""
    import gguf

    checkpoint = Checkpoint(folder)
    config = checkpoint.config
    kind = _ARCHITECTURES.get(config["model_type"], config["model_type"])
    writer = gguf.GGUFWriter(path, kind)
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    if config.get("head_dim"):
        writer.add_key_length(config["head_dim"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_rope_freq_base(config.get("rope_parameters", config)["rope_theta"])
    if kind == "granite":
        writer.add_embedding_scale(config["embedding_multiplier"])
        writer.add_residual_scale(config["residual_multiplier"])
        writer.add_attention_scale(config["attention_multiplier"])
        writer.add_logit_scale(config["logits_scaling"])
    if sliding_window is not None:
        writer.add_sliding_window(sliding_window)
    vocabulary = fields()
    numbers = {number: token for token, number in vocabulary["vocab"].items()}
    tokens = [numbers.get(number, f"<unused{number}>") for number in range(ALPHABET_SIZE)]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("dbrx" if kind == "olmo2" else "smollm")
    writer.add_token_list(tokens)
    is_control = [token.startswith("<") and len(token) > 1 for token in tokens]
    writer.add_token_types([3 if control else 1 for control in is_control])
    writer.add_token_merges(vocabulary["merges"])
    if config["bos_token_id"] is not None:
        writer.add_bos_token_id(config["bos_token_id"])
    writer.add_eos_token_id(config["eos_token_id"])
    quantised = gguf.GGMLQuantizationType[form]
    for name in checkpoint.names:
        values = np.asarray(checkpoint.tensor(name), np.float32)
        if kind in ("llama", "granite", "smollm3") and ("q_proj" in name or "k_proj" in name):
            heads = config["num_attention_heads" if "q_proj" in name else "num_key_value_heads"]
            halves = values.reshape(heads, 2, len(values) // heads // 2, *values.shape[1:])
            values = halves.swapaxes(1, 2).reshape(values.shape)
        is_matrix = values.ndim == 2 and form != "F32"
        data = gguf.quants.quantize(values, quantised) if is_matrix else values
        writer.add_tensor(_gguf_name(name, kind), data, raw_dtype=quantised if is_matrix else None)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _gguf_name(name: str, kind: str) -> str:
    wholes = {
        "model.embed_tokens.weight": "token_embd.weight",
        "model.norm.weight": "output_norm.weight",
        "lm_head.weight": "output.weight",
    }
    if name in wholes:
        return wholes[name]
    _, _, number, part = name.split(".", 3)
    layer, _, last = part.rpartition(".")
    parts = {**_PARTS, **_NORMS_AFTER} if kind == "olmo2" else _PARTS
    return f"blk.{number}.{parts[layer]}.{last}"
