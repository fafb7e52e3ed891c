"""A transformer in real numbers, as its checkpoint has it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from numpy.typing import NDArray

from neurocomp.models.common.quantise import Floats
from neurocomp.models.transformer.config import TransformerConfig


@dataclass(frozen=True, eq=False)
class RealNorm:
    """A norm's learnt scale and, in layer norm, shift: (K,)."""

    scale: Floats
    shift: Floats | None


@dataclass(frozen=True, eq=False)
class RealLinear:
    """A layer's matrix (N, K) and bias (N,)."""

    matrix: Floats
    bias: Floats | None


@dataclass(frozen=True, eq=False)
class RealBlock:
    """One block.  ``score_scale`` multiplies products of queries and keys.

    Norms of attention and of the inner layers are those of their inputs, or of their outputs: the
    configuration says which.  Norms of queries and keys, where there are, have a scale for each
    column of a head, or of all heads.
    """

    attention_norm: RealNorm
    query_key_value: RealLinear
    attention_out: RealLinear
    inner_norm: RealNorm
    inner_in: RealLinear
    inner_out: RealLinear
    score_scale: float
    query_norm: Floats | None = None
    key_norm: Floats | None = None


@dataclass(frozen=True, eq=False)
class RealModel:
    """A transformer as its checkpoint has it; blocks are read when they are needed.

    Attributes:
        config: the shape; ``epsilon`` and ``embedding_shift`` are filled in by ``build``.
        epsilon: epsilon of the norms.
        rope_base: base of the rotary positions' angles.
        embedding: vectors of symbols, (V, K).
        positions: vectors of learnt positions, (T, K), or None.
        block: a function that returns a block by its number.
        last_norm: norm before the last layer.
        head: matrix of the last layer, (V, K), or None if it is the embedding.
        extra: tensors to store with the model, such as its tokenizer.
        angles: angles of a head's pairs from one position to the next, for a sliding window.
        unrotated: blocks that see no positions.
        silent: symbols that never come: all weight goes to the others.
    """

    config: TransformerConfig
    epsilon: float
    rope_base: int
    embedding: Floats
    positions: Floats | None
    block: Callable[[int], RealBlock]
    last_norm: RealNorm
    head: Floats | None
    extra: dict[str, NDArray[Any]]
    angles: tuple[Decimal, ...] = ()
    unrotated: frozenset[int] = frozenset()
    silent: tuple[int, ...] = ()
