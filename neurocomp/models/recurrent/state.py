"""A recurrent network's integers as its compiled step takes them, its lanes' states and room."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from neurocomp.exact.compiled.packed import TILE, pack
from neurocomp.exact.linear import Linear
from neurocomp.models.recurrent.config import ALPHABET_SIZE, SEPARATOR, RecurrentConfig
from neurocomp.models.recurrent.parts import Parts


class Layers(NamedTuple):
    """Layers of one kind, one for each block: see ``neurocomp.exact.linear.Linear``."""

    weight: np.ndarray  # int8 (B, strips, groups, 32, 4): see exact.compiled.packed
    offsets: np.ndarray  # int32 (B, N')
    multiplier: np.ndarray  # uint32 (B, N'): zero in padded outputs
    bias: np.ndarray  # int32 (B, N')
    shift: np.ndarray  # int64 (B,)
    reach: np.ndarray  # int64 (B,): bound of sums times multipliers
    margin: np.ndarray  # int64 (B,): what the largest bias leaves of 31 bits


class NetworkState(NamedTuple):
    """A network's integers, its lanes' states, and room for a step.

    N' are numbers of outputs, padded to whole tiles.
    """

    embeddings: np.ndarray  # int32 (context, 256, d)
    hashed: np.ndarray  # int8 (R, d): rows of all tables of n-grams
    hashed_scales: np.ndarray  # int32 (R,)
    hashed_tables: np.ndarray  # int64 (T, 2): length of the n-grams and bits of each table
    gates: Layers
    out: Layers
    up: Layers
    down: Layers
    head: Layers
    gate_table: np.ndarray  # int32 (32768,)
    silu_table: np.ndarray  # int32 (32768,)
    exp2_table: np.ndarray  # int32 (1024,)
    epsilon: np.ndarray  # int64 (1,)
    # lanes
    windows: np.ndarray  # uint8 (M, context): the last bytes, the latest first
    states: np.ndarray  # int32 (B, M, d)
    weights: np.ndarray  # int32 (M, 256): of the next byte, at most 2**30
    # room
    stream: np.ndarray  # int32 (M, d)
    narrow: np.ndarray  # uint8 (M, d)
    wide: np.ndarray  # uint8 (M, inner)
    mantissas: np.ndarray  # int64 (M,)
    exponents: np.ndarray  # int64 (M,)
    gate_sums: np.ndarray  # int32 (M, 3 d')
    shares: np.ndarray  # int32 (M, d)
    opened: np.ndarray  # int32 (M, d)
    inner_sums: np.ndarray  # int32 (M, inner')
    sums: np.ndarray  # int32 (M, d')
    logits: np.ndarray  # int32 (M, 256)


class PackedLayers(NamedTuple):
    """All layers of a network, packed once for all its states."""

    gates: Layers
    out: Layers
    up: Layers
    down: Layers
    head: Layers


def pack_layers(parts: Parts) -> PackedLayers:
    """Return the layers of a network as its step multiplies them."""
    blocks = parts.blocks
    return PackedLayers(
        gates=_stack([block.gates for block in blocks]),
        out=_stack([block.out for block in blocks]),
        up=_stack([block.up for block in blocks]),
        down=_stack([block.down for block in blocks]),
        head=_stack([parts.head]),
    )


def new_network_state(
    config: RecurrentConfig, parts: Parts, layers: PackedLayers, num_lanes: int
) -> NetworkState:
    """Return a network whose lanes have read nothing but separators."""
    width, inner = config.width, config.inner_width

    def room(columns: int, dtype: type = np.int32) -> np.ndarray:
        return np.zeros((num_lanes, columns), dtype)

    return NetworkState(
        embeddings=parts.embeddings,
        hashed=parts.hashed.rows,
        hashed_scales=parts.hashed.scales,
        hashed_tables=np.array(
            [(table.length, table.bits) for table in parts.hashed.tables], np.int64
        ).reshape(-1, 2),
        gates=layers.gates,
        out=layers.out,
        up=layers.up,
        down=layers.down,
        head=layers.head,
        gate_table=parts.recurrence.table,
        silu_table=parts.silu.table,
        exp2_table=parts.exp2,
        epsilon=np.array([config.epsilon], np.int64),
        windows=np.full((num_lanes, config.context), SEPARATOR, np.uint8),
        states=np.zeros((config.num_blocks, num_lanes, width), np.int32),
        weights=room(ALPHABET_SIZE),
        stream=room(width),
        narrow=room(width, np.uint8),
        wide=room(inner, np.uint8),
        mantissas=np.zeros(num_lanes, np.int64),
        exponents=np.zeros(num_lanes, np.int64),
        gate_sums=room(_padded(3 * width)),
        shares=room(width),
        opened=room(width),
        inner_sums=room(_padded(inner)),
        sums=room(_padded(width)),
        logits=room(ALPHABET_SIZE),
    )


def _padded(size: int) -> int:
    return size + -size % TILE


def _stack(layers: list[Linear]) -> Layers:
    packed = [pack(layer.weight) for layer in layers]

    def rows(values: list[NDArray[np.int64]] | list[NDArray[np.int32]]) -> np.ndarray:
        missing = _padded(values[0].size) - values[0].size
        return np.stack([np.pad(one, (0, missing)) for one in values])

    return Layers(
        np.stack([weight for weight, _ in packed]),
        np.stack([offsets for _, offsets in packed]),
        rows([layer.multiplier for layer in layers]).astype(np.uint32),
        rows([layer.bias for layer in layers]),
        np.array([layer.shift for layer in layers], np.int64),
        np.array([layer.reach for layer in layers], np.int64),
        np.array([layer.margin for layer in layers], np.int64),
    )
