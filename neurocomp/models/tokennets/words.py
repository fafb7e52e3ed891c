"""One table of word vectors, shared by the input and the output of a network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurocomp.exact import Symbols
from neurocomp.exact.layers import Embedding, Linear
from neurocomp.exact.scaling import EXP2_BITS, RESIDUAL_LIMIT
from neurocomp.models.bytenet.parts import HEAD_LIMIT, read_tensor
from neurocomp.models.common.quantise import Doubles, embedding_scales, make_linear, quantise_matrix
from neurocomp.models.tokennets.config import TokenConfig

Tensors = Mapping[str, NDArray[Any]]

RESIDUAL_BITS = 12
"""Fraction bits of vectors and of the stream."""

LOG2_E = 1.4426950408889634


@dataclass(frozen=True, eq=False)
class Words:
    """The vectors as an input, and as the layer of logits, in units of 2**-10 to base 2."""

    embedding: Embedding
    head: Linear

    def vectors(self, symbols: Symbols) -> NDArray[np.int32]:
        """Return the vectors of symbols (M,): int32 (M, K), in units of 2**-12."""
        vectors = self.embedding.vectors(symbols)
        return np.clip(vectors, -RESIDUAL_LIMIT, RESIDUAL_LIMIT).astype(np.int32)


def make_words(
    vectors: NDArray[Any], bias: NDArray[Any], *, input_scale: float, unit: float
) -> tuple[dict[str, NDArray[Any]], int]:
    """Return the tensors of word vectors (V, K), and the shift of the embedding.

    Args:
        vectors: vectors as trained.
        bias: bias of the logits, (V,).
        input_scale: factor of the vectors at the input.
        unit: real value of an input of the head of 1 with scale 1.

    Raises:
        UnsupportedError: they are out of the range of integers.
    """
    matrix = quantise_matrix(vectors)
    columns: Doubles = np.full(vectors.shape[1], input_scale)
    rows, whole_columns, shift = embedding_scales(matrix.scale, columns, RESIDUAL_BITS)
    size = vectors.shape[0]
    head = make_linear(
        matrix,
        bias.astype(np.float64),
        units=np.full(size, unit),
        out_units=np.full(size, 2.0**-EXP2_BITS / LOG2_E),
        clip=HEAD_LIMIT,
        wide=True,
    )
    tensors = {
        **layer_tensors("head", head),
        "embedding.rows": rows,
        "embedding.columns": whole_columns,
    }
    return tensors, shift


def read_words(config: TokenConfig, tensors: Tensors) -> Words:
    """Return the vectors of a stored network; raises FormatError."""
    size, width = config.alphabet_size, config.width
    head = read_layer(tensors, "head", size, width, HEAD_LIMIT)
    rows = read_tensor(tensors, "embedding.rows", (size,), np.int32)
    columns = read_tensor(tensors, "embedding.columns", (width,), np.int32)
    return Words(Embedding(head.weight, rows, columns, config.embedding_shift), head)


def layer_tensors(name: str, layer: Linear) -> dict[str, NDArray[Any]]:
    """Return the tensors that `read_layer` reads."""
    return {
        f"{name}.weight": layer.weight,
        f"{name}.multiplier": layer.multiplier,
        f"{name}.bias": layer.bias,
        f"{name}.scale": np.array([layer.limit, layer.shift], np.int64),
    }


def read_layer(tensors: Tensors, name: str, num_outputs: int, num_inputs: int, clip: int) -> Linear:
    """Return a stored layer whose outputs are cut at ``clip``; raises FormatError."""
    scale = read_tensor(tensors, f"{name}.scale", (2,), np.int64)
    return Linear(
        read_tensor(tensors, f"{name}.weight", (num_outputs, num_inputs), np.int8),
        read_tensor(tensors, f"{name}.multiplier", (num_outputs,), np.int64),
        read_tensor(tensors, f"{name}.bias", (num_outputs,), np.int32),
        limit=int(scale[0]),
        shift=int(scale[1]),
        clip=clip,
    )
