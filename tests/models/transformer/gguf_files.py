"""Checkpoints of the Llama graph as GGUF files, as llama.cpp's converter writes them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from neurocomp.models.transformer.checkpoint import Checkpoint
from tests.symbols.vocabulary import ALPHABET_SIZE, PIECES, fields

if TYPE_CHECKING:
    from gguf import GGUFWriter

_CONTENT, _CONTROL, _BYTE = 1, 3, 6
"""Types of tokens."""

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
_NORMS_AFTER = {
    "post_attention_layernorm": "post_attention_norm",
    "post_feedforward_layernorm": "post_ffw_norm",
}


def write_gguf(
    path: Path,
    folder: Path,
    form: str = "F32",
    *,
    sliding_window: int | None = None,
    num_experts: int | None = None,
    factors: NDArray[np.float32] | None = None,
    has_pieces: bool = False,
) -> Path:
    """Write the checkpoint in ``folder`` as llama.cpp's converter does.

    Args:
        path: of the file.
        folder: of the checkpoint.
        form: of matrices.
        sliding_window: of its layers, where they have one.
        num_experts: what a mixture of experts has.
        factors: of the rotary positions, (width of a head / 2,), as Llama 3.1 has them.
        has_pieces: whether the vocabulary is that of `PIECES` instead of byte pairs.
    """
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
    if num_experts is not None:
        writer.add_expert_count(num_experts)
    if factors is not None:
        writer.add_tensor("rope_freqs.weight", factors)
    if has_pieces:
        _add_pieces(writer)
    else:
        _add_byte_pairs(writer, "dbrx" if kind == "olmo2" else "smollm")
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
        data = _quantised(values, form) if is_matrix else values
        writer.add_tensor(_gguf_name(name, kind), data, raw_dtype=quantised if is_matrix else None)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _add_byte_pairs(writer: GGUFWriter, rule: str) -> None:
    vocabulary = fields()
    numbers = {number: token for token, number in vocabulary["vocab"].items()}
    tokens = [numbers.get(number, f"<unused{number}>") for number in range(ALPHABET_SIZE)]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(rule)
    writer.add_token_list(tokens)
    is_control = [token.startswith("<") and len(token) > 1 for token in tokens]
    writer.add_token_types([_CONTROL if control else _CONTENT for control in is_control])
    writer.add_token_merges(vocabulary["merges"])


def _add_pieces(writer: GGUFWriter) -> None:
    unused = [f"<unused{number}>" for number in range(len(PIECES), ALPHABET_SIZE)]
    kinds = [_BYTE if token.startswith("<0x") else _CONTENT for token in PIECES]
    kinds[:3] = [_CONTROL] * 3
    writer.add_tokenizer_model("llama")
    writer.add_token_list([*PIECES, *unused])
    writer.add_token_types([*kinds, *[_CONTROL] * len(unused)])
    writer.add_token_scores([-float(number) for number in range(ALPHABET_SIZE)])


def _quantised(values: NDArray[np.float32], form: str) -> NDArray[Any]:
    """Return rows of a matrix in a form of GGUF."""
    import gguf

    if form == "Q6_K":  # which the package reads and does not write
        return _q6_k(values)
    quantised: NDArray[Any] = gguf.quants.quantize(values, gguf.GGMLQuantizationType[form])
    return quantised


def _q6_k(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return rows of a multiple of 256 values as llama.cpp's ``block_q6_K``.

    A block has 256 values of 6 bits: the low 4 of two values in each byte of 128, the high 2 of
    four in each of 64, then 16 scales of 8 bits, and their scale as float16.
    """
    groups = values.reshape(-1, 16, 16).astype(np.float64)
    scales = np.abs(groups).max(2) / 31
    step = np.maximum(scales.max(1) / 127, 1e-6).astype(np.float16)
    counts = np.clip(np.rint(scales / step[:, None].astype(np.float64)), 1, 127)
    units = counts * step[:, None].astype(np.float64)
    levels = np.clip(np.rint(groups / units[:, :, None]) + 32, 0, 63).astype(np.uint8)
    quarters = levels.reshape(-1, 2, 4, 32)
    low = (quarters[:, :, :2] & 15) | (quarters[:, :, 2:] & 15) << 4
    high = quarters >> 4 << np.array([0, 2, 4, 6], np.uint8)[:, None]
    parts = (
        low.reshape(-1, 128),
        np.bitwise_or.reduce(high, axis=2).reshape(-1, 64),
        counts.astype(np.int8).view(np.uint8),
        step[:, None].view(np.uint8),
    )
    return np.concatenate(parts, axis=1).reshape(len(values), -1)


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
