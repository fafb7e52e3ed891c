"""The parts of a stored transformer, by name, with their conditions checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurocomp.errors import FormatError
from neurocomp.exact.attention import Attention
from neurocomp.exact.layers import Embedding, HeadNorm, Linear, Norm
from neurocomp.exact.scaling import TURN_POSITIONS
from neurocomp.exact.tables import TABLE_SIZE, Activation
from neurocomp.exact.turns import Turns
from neurocomp.exact.window import WindowAttention
from neurocomp.models.transformer.config import TransformerConfig

Tensors = Mapping[str, NDArray[Any]]

ROTATING = "rotating"
"""Tensor that says which blocks rotate queries and keys, uint8; all do where it is missing."""


@dataclass(frozen=True, eq=False)
class Block:
    """One block: attention, then the feed-forward layers.

    Either inputs of attention and of the feed-forward layers are normalised, or their outputs.

    Attributes:
        attention: attention over a window that slides, or over one that is read again.
        rotates: whether queries and keys are rotated, where the model has rotary positions.
        query_norm: norm of each query, before it is rotated; None in most models.
        key_norm: norm of each key; None if queries have none.
    """

    attention: Attention | WindowAttention
    attention_norm: Norm | None
    query_key_value: Linear
    attention_out: Linear
    attention_out_norm: HeadNorm | None
    inner_norm: Norm | None
    inner_in: Linear
    inner_out: Linear
    inner_out_norm: HeadNorm | None
    rotates: bool
    query_norm: HeadNorm | None
    key_norm: HeadNorm | None


@dataclass(frozen=True, eq=False)
class Parts:
    """Everything that a transformer computes with.

    Of learnt positions, rotations by those of a context, and turns by any, it has one.
    """

    embedding: Embedding
    positions: NDArray[np.int32] | None
    rotation: tuple[NDArray[np.int16], NDArray[np.int16]] | None
    turns: Turns | None
    blocks: tuple[Block, ...]
    last_norm: Norm
    head: Linear
    activation: Activation
    exp2: NDArray[np.int32]


def read_parts(config: TransformerConfig, tensors: Tensors) -> Parts:
    """Return the parts of a stored transformer.

    Raises:
        FormatError: one is missing, has a wrong shape, or would not be exact.
    """
    width, inner = config.width, config.inner_width
    attended = config.query_width + 2 * config.key_width
    rotating = np.full(config.num_layers, config.rotary)
    if ROTATING in tensors:
        rotating = _tensor(tensors, ROTATING, rotating.shape, np.uint8) != 0
    kind = WindowAttention if config.sinks else Attention

    def block(index: int) -> Block:
        prefix = f"blocks.{index}."

        def norm_before(name: str) -> Norm | None:
            return None if config.norms_outputs else _norm(config, tensors, prefix + name)

        def norm_after(name: str) -> HeadNorm | None:
            return _head_norm(tensors, prefix + name, width) if config.norms_outputs else None

        def norm_of_heads(name: str, num_columns: int) -> HeadNorm | None:
            columns = num_columns if config.norms_together else config.head_width
            return _head_norm(tensors, prefix + name, columns) if config.norms_heads else None

        scale = _tensor(tensors, prefix + "attention.scale", (2,), np.int64)
        attention = kind(
            config.num_heads, config.num_key_heads, config.head_width, int(scale[0]), int(scale[1])
        )
        return Block(
            attention,
            norm_before("attention_norm"),
            _linear(tensors, prefix + "query_key_value", attended, width),
            _linear(tensors, prefix + "attention_out", width, config.query_width),
            norm_after("attention_out_norm"),
            norm_before("inner_norm"),
            _linear(tensors, prefix + "inner_in", inner * (1 + config.gated), width),
            _linear(tensors, prefix + "inner_out", width, inner),
            norm_after("inner_out_norm"),
            bool(rotating[index]),
            norm_of_heads("query_norm", config.query_width),
            norm_of_heads("key_norm", config.key_width),
        )

    head = _linear(tensors, "head", config.alphabet_size, width)
    weight = head.weight
    if not config.tied:
        weight = _tensor(tensors, "embedding.weight", weight.shape, np.int8)
    embedding = Embedding(
        weight,
        _tensor(tensors, "embedding.rows", (config.alphabet_size,), np.int32),
        _tensor(tensors, "embedding.columns", (width,), np.int32),
        config.embedding_shift,
    )
    positions, rotation, turns = None, None, None
    if config.sinks:
        shape4 = (2, 2, TURN_POSITIONS, config.head_width // 2)
        turns = Turns(_tensor(tensors, "turns", shape4, np.int32))
    elif config.rotary:
        shape = (config.context, config.head_width // 2)
        cosines = _tensor(tensors, "rotation.cosines", shape, np.int16)
        rotation = cosines, _tensor(tensors, "rotation.sines", shape, np.int16)
    else:
        positions = _tensor(tensors, "positions", (config.context, width), np.int32)
    table = _tensor(tensors, "activation", (TABLE_SIZE,), np.int32)
    exp2 = _tensor(tensors, "exp2", (1024,), np.int32)
    if int(exp2[0]) != 1 << 30 or bool((exp2[1:] >= exp2[:-1]).any()) or int(exp2[-1]) < 1 << 29:
        raise FormatError("the table of powers of 2 of the transformer is damaged")
    return Parts(
        embedding,
        positions,
        rotation,
        turns,
        tuple(block(index) for index in range(config.num_layers)),
        _norm(config, tensors, "last_norm"),
        head,
        Activation(table, saturates=False),
        exp2,
    )


def _linear(tensors: Tensors, name: str, num_outputs: int, num_inputs: int) -> Linear:
    scale = _tensor(tensors, f"{name}.scale", (3,), np.int64)
    return Linear(
        _tensor(tensors, f"{name}.weight", (num_outputs, num_inputs), np.int8),
        _tensor(tensors, f"{name}.multiplier", (num_outputs,), np.int64),
        _tensor(tensors, f"{name}.bias", (num_outputs,), np.int32),
        limit=int(scale[0]),
        shift=int(scale[1]),
        clip=int(scale[2]),
    )


def _norm(config: TransformerConfig, tensors: Tensors, name: str) -> Norm:
    gain = _tensor(tensors, f"{name}.gain", (config.width,), np.int32)
    return Norm(gain, config.epsilon, config.center)


def _head_norm(tensors: Tensors, name: str, width: int) -> HeadNorm:
    gain = _tensor(tensors, f"{name}.gain", (width,), np.int32)
    scale = _tensor(tensors, f"{name}.scale", (2,), np.int64)
    return HeadNorm(gain, int(scale[0]), int(scale[1]))


def _tensor(tensors: Tensors, name: str, shape: tuple[int, ...], dtype: type) -> NDArray[Any]:
    """Return a tensor as ``dtype``, which holds all values of the stored type."""
    tensor = tensors.get(name)
    if tensor is None or tensor.shape != shape or not np.can_cast(tensor.dtype, dtype):
        raise FormatError(f"tensor {name!r} of the transformer is missing, or not {shape}")
    return tensor.astype(dtype, copy=False)
