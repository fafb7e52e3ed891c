"""GPT-2 checkpoints.

A. Radford et al., Language models are unsupervised multitask learners, 2019.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurocomp.errors import FormatError, UnsupportedError
from neurocomp.models.transformer.checkpoint import Checkpoint
from neurocomp.models.transformer.config import TransformerConfig
from neurocomp.models.transformer.real import RealBlock, RealLinear, RealModel, RealNorm

_ACTIVATIONS = ("gelu_new", "gelu_pytorch_tanh")


def read_gpt2(checkpoint: Checkpoint, extra: dict[str, NDArray[Any]]) -> RealModel:
    """Return the model of a GPT-2 checkpoint.

    Args:
        checkpoint: checkpoint of any size, as transformers writes it.
        extra: tensors to store with the model.

    Raises:
        FormatError: a value or tensor is missing.
        UnsupportedError: it is another architecture, or a variant that no GPT-2 size uses.
    """
    config = checkpoint.config
    if config.get("model_type") != "gpt2":
        raise UnsupportedError(
            f"{checkpoint.folder} holds a model of type {config.get('model_type')!r}, which "
            "can't be made exact; use it in float with --model hf:DIR"
        )
    if config.get("activation_function", "gelu_new") not in _ACTIVATIONS:
        raise UnsupportedError(f"activation {config['activation_function']!r} is not supported")
    if config.get("reorder_and_upcast_attn") or config.get("add_cross_attention"):
        raise UnsupportedError("a variant of GPT-2's attention that is not supported")
    width, num_heads = _number(config, "n_embd"), _number(config, "n_head")
    if width % num_heads:
        raise FormatError(f"{num_heads} heads don't divide a width of {width}")
    prefix = "transformer." if "transformer.wte.weight" in checkpoint else ""
    embedding = checkpoint.tensor(prefix + "wte.weight")
    tied = config.get("tie_word_embeddings", True) or "lm_head.weight" not in checkpoint
    alphabet_size = embedding.shape[0]
    start = config.get("bos_token_id")
    is_symbol = isinstance(start, int) and 0 <= start < alphabet_size
    shape = TransformerConfig(
        alphabet_size=alphabet_size,
        context=_number(config, "n_positions"),
        width=width,
        num_layers=_number(config, "n_layer"),
        num_heads=num_heads,
        num_key_heads=num_heads,
        head_width=width // num_heads,
        inner_width=config.get("n_inner") or 4 * width,
        activation="gelu_new",
        gated=False,
        center=True,
        rotary=False,
        tied=True,
        epsilon=1,
        embedding_shift=1,
        start_symbol=int(start) if is_symbol and start is not None else alphabet_size - 1,
    )

    def norm(name: str) -> RealNorm:
        tensor = checkpoint.tensor
        return RealNorm(tensor(f"{prefix}{name}.weight"), tensor(f"{prefix}{name}.bias"))

    def linear(name: str) -> RealLinear:
        # GPT-2 keeps its matrices the other way round, (inputs, outputs).
        matrix = checkpoint.tensor(f"{prefix}{name}.weight").T
        return RealLinear(matrix, checkpoint.tensor(f"{prefix}{name}.bias"))

    def block(index: int) -> RealBlock:
        scale = (
            1 / np.sqrt(float(shape.head_width)) if config.get("scale_attn_weights", True) else 1
        )
        if config.get("scale_attn_by_inverse_layer_idx"):
            scale = scale / (index + 1)
        layer = f"h.{index}."
        return RealBlock(
            norm(layer + "ln_1"),
            linear(layer + "attn.c_attn"),
            linear(layer + "attn.c_proj"),
            norm(layer + "ln_2"),
            linear(layer + "mlp.c_fc"),
            linear(layer + "mlp.c_proj"),
            float(scale),
        )

    return RealModel(
        shape,
        float(config.get("layer_norm_epsilon", 1e-5)),
        10_000,
        embedding,
        checkpoint.tensor(prefix + "wpe.weight"),
        block,
        norm("ln_f"),
        None if tied else checkpoint.tensor("lm_head.weight"),
        extra,
    )


def _number(config: dict[str, Any], name: str) -> int:
    value = config.get(name)
    if type(value) is not int or value < 1:
        raise FormatError(f"{name} = {value!r} of the checkpoint is not a number of at least 1")
    return value
