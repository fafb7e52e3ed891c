"""The parts of a stored network, by name, with their conditions checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurocomp.errors import FormatError
from neurocomp.exact.hashing import HashedTable
from neurocomp.exact.layers import SQUARE_LIMIT, Linear, Norm, Recurrence
from neurocomp.exact.scaling import NARROW_LIMIT, RESIDUAL_LIMIT, WEIGHT_MAX
from neurocomp.exact.tables import TABLE_SIZE, Activation
from neurocomp.models.bytenet.config import ALPHABET_SIZE, RecurrentConfig

Tensors = Mapping[str, NDArray[Any]]

MAX_SCALE = (1 << 15) - 1
"""Largest scale of a row of hashed embeddings."""

_ROWS_AT_ONCE = 1 << 10
"""Of hashed embeddings, where widened: some hundred thousand numbers stay in a cache."""

HEAD_LIMIT = 1 << 24
"""Bound of logits, in units of 2**-10 of a power of 2."""


@dataclass(frozen=True, eq=False)
class Block:
    """One block: the layers in their order."""

    gates: Linear
    out: Linear
    up: Linear
    down: Linear


@dataclass(frozen=True, eq=False)
class HashedEmbeddings:
    """Embeddings of n-grams that a hash finds: ``rows`` times ``scales``, in the stream's unit.

    Attributes:
        rows: int8, (R, d).
        scales: int32, (R,), positive.
        tables: tables that the rows belong to, one after the other.
    """

    rows: NDArray[np.int8]
    scales: NDArray[np.int32]
    tables: tuple[HashedTable, ...]

    def bound(self) -> NDArray[np.int64]:
        """Return the largest magnitude of each column of the sum over all tables, (d,)."""
        total = np.zeros(self.rows.shape[1], np.int64)
        first = 0
        for table in self.tables:
            reach = np.zeros_like(total)
            last = first + table.num_rows
            for start in range(first, last, _ROWS_AT_ONCE):
                batch = slice(start, min(start + _ROWS_AT_ONCE, last))
                rows = np.abs(self.rows[batch].astype(np.int32)) * self.scales[batch, None]
                reach = np.maximum(reach, rows.max(axis=0))
            total += reach
            first = last
        return total


@dataclass(frozen=True, eq=False)
class Parts:
    """Everything that a network computes with.

    Attributes:
        embeddings: int32, (context, 256, d), in the stream's unit: [k, b] for byte b, k bytes
            before the last.
        hashed: embeddings of hashed n-grams, one table after the other.
        blocks: the blocks.
        norm: norm of every layer's input, without gains.
        head: layer that gives the logits, to base 2 in units of 2**-10.
        recurrence: recurrence of the blocks, with its table.
        silu: table of the output gate.
        exp2: table of powers of 2.
    """

    embeddings: NDArray[np.int32]
    hashed: HashedEmbeddings
    blocks: tuple[Block, ...]
    norm: Norm
    head: Linear
    recurrence: Recurrence
    silu: Activation
    exp2: NDArray[np.int32]


def read_parts(config: RecurrentConfig, tensors: Tensors) -> Parts:
    """Return the parts of a stored network.

    Raises:
        FormatError: one is missing, has a wrong shape, or would not be exact.
    """
    width, inner = config.width, config.inner_width
    embeddings = read_tensor(
        tensors, "embeddings", (config.context, ALPHABET_SIZE, width), np.int32
    )
    hashed = HashedEmbeddings(*_read_hashed(config, tensors), config.hashed_tables)
    # In 64 bits: the magnitude of -2**31 doesn't fit 32.
    highest = embeddings.max(axis=1).astype(np.int64)
    lowest = embeddings.min(axis=1).astype(np.int64)
    reach = np.maximum(highest, -lowest).sum(axis=0) + hashed.bound()
    if int(reach.max()) > RESIDUAL_LIMIT:
        raise FormatError("the embeddings of a network add up beyond the stream's range")

    def linear(name: str, num_outputs: int, num_inputs: int, clip: int) -> Linear:
        return _linear(tensors, name, num_outputs, num_inputs, clip)

    return Parts(
        embeddings,
        hashed,
        tuple(read_block(index, width, inner, linear) for index in range(config.num_blocks)),
        Norm(np.ones(width, np.int32), config.epsilon, center=False),
        linear("head", ALPHABET_SIZE, width, HEAD_LIMIT),
        Recurrence(read_tensor(tensors, "gate", (TABLE_SIZE,), np.int32)),
        Activation(read_tensor(tensors, "silu", (TABLE_SIZE,), np.int32), saturates=False),
        read_exp2(tensors),
    )


def _read_hashed(
    config: RecurrentConfig, tensors: Tensors
) -> tuple[NDArray[np.int8], NDArray[np.int32]]:
    num_rows = config.num_hashed_rows
    if not num_rows:
        return np.zeros((0, config.width), np.int8), np.zeros(0, np.int32)
    rows = read_tensor(tensors, "hashed.rows", (num_rows, config.width), np.int8)
    scales = read_tensor(tensors, "hashed.scales", (num_rows,), np.int32)
    if int(scales.min()) < 1 or int(scales.max()) > MAX_SCALE:
        raise FormatError("the scales of a network's hashed embeddings are out of range")
    return rows, scales


ReadLinear = Callable[[str, int, int, int], Linear]
"""Reads the layer of a name, numbers of outputs and inputs, and bound of its outputs."""


def read_block(index: int, width: int, inner: int, linear: ReadLinear) -> Block:
    """Return a block's layers; raises FormatError as ``linear`` does."""
    prefix = f"blocks.{index}."
    return Block(
        linear(prefix + "gates", 3 * width, width, RESIDUAL_LIMIT),
        linear(prefix + "out", width, width, RESIDUAL_LIMIT),
        linear(prefix + "up", inner, width, SQUARE_LIMIT),
        linear(prefix + "down", width, inner, RESIDUAL_LIMIT),
    )


def read_exp2(tensors: Tensors) -> NDArray[np.int32]:
    """Return the table of powers of 2; raises FormatError if it is invalid."""
    exp2 = read_tensor(tensors, "exp2", (1024,), np.int32)
    if int(exp2[0]) != 1 << 30 or bool((exp2[1:] >= exp2[:-1]).any()) or int(exp2[-1]) < 1 << 29:
        raise FormatError("the table of powers of 2 of the network is damaged")
    return exp2


def _linear(tensors: Tensors, name: str, num_outputs: int, num_inputs: int, clip: int) -> Linear:
    scale = read_tensor(tensors, f"{name}.scale", (1,), np.int64)
    layer = Linear(
        read_tensor(tensors, f"{name}.weight", (num_outputs, num_inputs), np.int8),
        read_tensor(tensors, f"{name}.multiplier", (num_outputs,), np.int64),
        read_tensor(tensors, f"{name}.bias", (num_outputs,), np.int32),
        limit=NARROW_LIMIT,
        shift=int(scale[0]),
        clip=clip,
    )
    if layer.is_strong:  # the network's steps multiply bytes by bytes
        raise FormatError(f"a weight of {name!r} exceeds {WEIGHT_MAX}")
    return layer


def read_tensor(tensors: Tensors, name: str, shape: tuple[int, ...], dtype: type) -> NDArray[Any]:
    """Return a tensor as ``dtype``, which holds all values of the stored type.

    Raises:
        FormatError: it is missing, or of another shape or a wider type.
    """
    tensor = tensors.get(name)
    if tensor is None or tensor.shape != shape or not np.can_cast(tensor.dtype, dtype):
        raise FormatError(f"tensor {name!r} of the network is missing, or not {shape}")
    return tensor.astype(dtype, copy=False)
