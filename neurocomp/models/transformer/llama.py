"""Checkpoints of the Llama graph: RMS norms, rotary positions, shared keys, gated units.

H. Touvron et al., Llama 2: open foundation and fine-tuned chat models, 2023.  Llama 2 and 3,
SmolLM, SmolLM2, Mistral and TinyLlama are this graph; Qwen2 adds biases of queries, keys and
values, Qwen3 norms of queries and keys, SmolLM3 has layers that don't rotate, Granite multiplies
some values, OLMo 2 normalises outputs of layers, and queries and keys of all heads as one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from neurocomp.errors import FormatError, UnsupportedError
from neurocomp.exact.scaling import MAX_WINDOW
from neurocomp.models.transformer.config import NUM_SINKS, TransformerConfig
from neurocomp.models.transformer.real import RealBlock, RealLinear, RealModel, RealNorm
from neurocomp.models.transformer.rotations import read_angles
from neurocomp.names import printable, quoted

KINDS = ("llama", "mistral", "qwen2", "qwen3", "smollm3", "granite", "olmo2")
"""Names in transformers of the networks that have this graph."""


_WITH_HEAD_NORMS = ("qwen3", "olmo2")


class LlamaSource(Protocol):
    """Tensors and settings by the names that transformers gives them."""

    config: dict[str, Any]
    folder: Any

    def __contains__(self, name: str) -> bool:
        """Whether there is a tensor of that name."""

    def tensor(self, name: str) -> NDArray[Any]:
        """Return a tensor; raises FormatError if there is none."""


@dataclass(frozen=True)
class Multipliers:
    """Granite's multipliers: 1 in all others, except for the scores.

    Attributes:
        embedding: factor of the vectors of symbols.
        residual: factor of the addend of each layer.
        scores: factor of the products of queries and keys.
        logits: divisor of the outputs of the last layer.
    """

    embedding: float
    residual: float
    scores: float
    logits: float


def read_llama(source: LlamaSource, extra: dict[str, NDArray[Any]]) -> RealModel:
    """Return the model of a checkpoint.

    Args:
        source: folder as transformers writes it, or a GGUF file.
        extra: tensors to store with the model.

    Raises:
        FormatError: a setting or tensor is missing.
        UnsupportedError: something of it is not supported, which the message names.
    """
    config = source.config
    _refuse_others(source)
    num_heads = _number(config, "num_attention_heads")
    width = _number(config, "hidden_size")
    head_width = config.get("head_dim") or width // num_heads
    multipliers = _multipliers(config, head_width)
    embedding = source.tensor("model.embed_tokens.weight")
    has_head = "lm_head.weight" in source and not config.get("tie_word_embeddings", False)
    head = source.tensor("lm_head.weight") if has_head else None
    if multipliers.embedding != 1 or multipliers.logits != 1:
        head = (embedding if head is None else head) / np.float32(multipliers.logits)
        embedding = embedding * np.float32(multipliers.embedding)
    alphabet_size = embedding.shape[0]
    shape = TransformerConfig(
        alphabet_size=alphabet_size,
        context=_window(config),
        width=width,
        num_layers=_number(config, "num_hidden_layers"),
        num_heads=num_heads,
        num_key_heads=config.get("num_key_value_heads") or num_heads,
        head_width=head_width,
        inner_width=_number(config, "intermediate_size"),
        activation="silu",
        gated=True,
        center=False,
        rotary=True,
        tied=False,
        epsilon=1,
        embedding_shift=1,
        start_symbol=_start_symbol(config, alphabet_size),
        sinks=NUM_SINKS,
        norms_heads=_kind(source) in _WITH_HEAD_NORMS,
        norms_together=_kind(source) == "olmo2",
        norms_outputs=_kind(source) == "olmo2",
    )
    return RealModel(
        shape,
        float(np.float32(config.get("rms_norm_eps", 1e-6))),  # as networks and GGUF files have it
        10_000,
        embedding,
        None,
        lambda index: _block(source, index, multipliers),
        _norm(source, "model.norm"),
        head,
        extra,
        angles=read_angles(config, head_width),
        unrotated=_unrotated(config, shape.num_layers),
    )


def _block(source: LlamaSource, index: int, multipliers: Multipliers) -> RealBlock:
    prefix = f"model.layers.{index}."
    norms = "input_layernorm", "post_attention_layernorm"
    if _kind(source) == "olmo2":
        norms = "post_attention_layernorm", "post_feedforward_layernorm"

    def joined(*names: str) -> RealLinear:
        return _joined([_linear(source, prefix + name) for name in names])

    def added(name: str) -> RealLinear:
        layer, factor = _linear(source, prefix + name), np.float32(multipliers.residual)
        if factor == 1:
            return layer
        bias = None if layer.bias is None else layer.bias * factor
        return RealLinear(layer.matrix * factor, bias)

    return RealBlock(
        _norm(source, prefix + norms[0]),
        joined("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
        added("self_attn.o_proj"),
        _norm(source, prefix + norms[1]),
        joined("mlp.gate_proj", "mlp.up_proj"),
        added("mlp.down_proj"),
        multipliers.scores,
        _head_norm(source, prefix + "self_attn.q_norm"),
        _head_norm(source, prefix + "self_attn.k_norm"),
    )


def _head_norm(source: LlamaSource, name: str) -> NDArray[Any] | None:
    if _kind(source) not in _WITH_HEAD_NORMS:
        return None
    return source.tensor(f"{name}.weight")


def _kind(source: LlamaSource) -> Any:
    return source.config.get("model_type")


def _norm(source: LlamaSource, name: str) -> RealNorm:
    return RealNorm(source.tensor(f"{name}.weight"), None)


def _linear(source: LlamaSource, name: str) -> RealLinear:
    bias = source.tensor(f"{name}.bias") if f"{name}.bias" in source else None
    return RealLinear(source.tensor(f"{name}.weight"), bias)


def _joined(layers: list[RealLinear]) -> RealLinear:
    """Return layers over the same inputs as one."""
    matrix = np.concatenate([np.asarray(layer.matrix, np.float32) for layer in layers])
    if all(layer.bias is None for layer in layers):
        return RealLinear(matrix, None)
    biases = [
        np.zeros(len(layer.matrix), np.float32) if layer.bias is None else layer.bias
        for layer in layers
    ]
    return RealLinear(matrix, np.concatenate(biases))


def _refuse_others(source: LlamaSource) -> None:
    """Raise UnsupportedError for what the graph does not have."""
    config, shown = source.config, printable(source.folder)
    kind = config.get("model_type")
    if kind not in KINDS:
        raise UnsupportedError(
            f"{shown} holds a model of type {quoted(str(kind))}, which can't be made exact: "
            f"gpt2, {', '.join(KINDS)} can; use it in float with --model hf:DIR"
        )
    if (function := config.get("hidden_act", "silu")) != "silu":
        raise UnsupportedError(
            f"{shown} has the activation {quoted(str(function))}, which is not supported"
        )
    if config.get("use_sliding_window") and kind != "mistral":
        raise UnsupportedError(f"{shown} has layers of sliding windows, which are not supported")
    for part in ("self_attn.q_norm", "mlp.experts", "self_attn.rotary_emb.inv_freq_mask"):
        if kind not in _WITH_HEAD_NORMS and f"model.layers.0.{part}.weight" in source:
            raise UnsupportedError(f"{shown} has {quoted(part)}, which is not supported")


def _window(config: dict[str, Any]) -> int:
    """Return the positions that a token may see: those of the training, and no more than 32,767."""
    longest = _number(config, "max_position_embeddings")
    window = config.get("sliding_window") if config.get("model_type") == "mistral" else None
    return min(longest, window or longest, MAX_WINDOW)


def _multipliers(config: dict[str, Any], head_width: int) -> Multipliers:
    scores = 1 / float(np.sqrt(float(head_width)))
    if config.get("model_type") != "granite":
        return Multipliers(1.0, 1.0, scores, 1.0)
    values = [
        float(config.get(name) or usual)
        for name, usual in (
            ("embedding_multiplier", 1),
            ("residual_multiplier", 1),
            ("attention_multiplier", scores),
            ("logits_scaling", 1),
        )
    ]
    if not all(2.0**-20 < value < 2.0**20 for value in values):
        raise FormatError("a multiplier of the checkpoint is out of range")
    return Multipliers(*values)


def _unrotated(config: dict[str, Any], num_layers: int) -> frozenset[int]:
    """Return the layers that see no positions."""
    if config.get("model_type") != "smollm3":
        return frozenset()
    listed = config.get("no_rope_layers")
    if listed is None:
        every = config.get("no_rope_layer_interval", 4)
        listed = [(index + 1) % every != 0 for index in range(num_layers)]
    if not isinstance(listed, list) or len(listed) != num_layers:
        raise FormatError("the list of layers without rotation is damaged")
    return frozenset(index for index, rotates in enumerate(listed) if not rotates)


def _start_symbol(config: dict[str, Any], alphabet_size: int) -> int:
    # Between documents there is the end, where a model has no token for the beginning.
    start = config.get("bos_token_id")
    start = config.get("eos_token_id") if start is None else start
    if isinstance(start, list) and start:
        start = start[0]
    return start if isinstance(start, int) and 0 <= start < alphabet_size else 0


def _number(config: dict[str, Any], name: str) -> int:
    value = config.get(name)
    if type(value) is not int or value < 1:
        raise FormatError(f"{name} = {value!r} of the checkpoint is not a number of at least 1")
    return value
