"""A recurrent network as one compiled step over a few lanes of bytes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from neurocomp.exact.compiled.lean import lean
from neurocomp.exact.compiled.packed import STRIP, pack
from neurocomp.exact.compiled.steps import (
    add_sums,
    look_up,
    move_states,
    narrow_row,
    normal_row,
    open_states,
    scaled_products,
    square_sums,
)
from neurocomp.exact.hashing import HASH_BITS, HASH_FACTOR, HASH_MASK
from neurocomp.exact.linear import Linear
from neurocomp.exact.recurrence import SQUARE_LIMIT
from neurocomp.exact.scaling import EXP2_BITS, EXP2_TABLE_BITS, RESIDUAL_LIMIT
from neurocomp.models.recurrent.config import ALPHABET_SIZE, SEPARATOR, RecurrentConfig
from neurocomp.models.recurrent.parts import HEAD_LIMIT, Parts


class Layers(NamedTuple):
    """Layers of one kind, one for each block: see ``neurocomp.exact.linear.Linear``."""

    weight: np.ndarray  # int8 (B, strips, groups, 64, 4): see exact.compiled.packed
    offsets: np.ndarray  # int32 (B, N')
    multiplier: np.ndarray  # uint32 (B, N'): zero in padded outputs
    bias: np.ndarray  # int32 (B, N')
    shift: np.ndarray  # int64 (B,)
    reach: np.ndarray  # int64 (B,): bound of sums times multipliers
    margin: np.ndarray  # int64 (B,): what the largest bias leaves of 31 bits


class NetworkState(NamedTuple):
    """A network's integers, its lanes' states, and room for a step.

    N' are numbers of outputs, padded to whole strips.
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
    return size + -size % STRIP


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


@lean
def read_bytes(network: NetworkState, symbols: NDArray[np.uint8]) -> None:
    """Append the next byte of each lane, (M,), to its window."""
    windows = network.windows
    for m in range(windows.shape[0]):
        for k in range(windows.shape[1] - 1, 0, -1):
            windows[m, k] = windows[m, k - 1]
        windows[m, 0] = symbols[m]


@lean
def advance(network: NetworkState, first: int, last: int) -> None:
    """Take in the last byte of the lanes ``first`` to ``last`` - 1; weigh their next ones.

    Lanes are independent: any division into calls gives the same.
    """
    lanes = slice(first, last)
    windows, stream = network.windows[lanes], network.stream[lanes]
    embeddings = network.embeddings
    width = stream.shape[1]
    for m in range(stream.shape[0]):
        for n in range(width):
            stream[m, n] = embeddings[0, windows[m, 0], n]
        for k in range(1, windows.shape[1]):
            row = embeddings[k, windows[m, k]]
            for n in range(width):
                stream[m, n] += row[n]
        _add_hashed(network, windows[m], stream[m])
    gate_sums, sums = network.gate_sums[lanes], network.sums[lanes]
    inner_sums, wide = network.inner_sums[lanes], network.wide[lanes]
    narrow = network.narrow[lanes]
    shares, opened = network.shares[lanes], network.opened[lanes]
    for b in range(network.states.shape[0]):
        states = network.states[b, lanes]
        _normal_layer(network, network.gates, b, lanes, RESIDUAL_LIMIT, gate_sums)
        look_up(gate_sums, 0, network.gate_table, shares)
        move_states(states, shares, gate_sums, 2 * width)
        look_up(gate_sums, width, network.silu_table, opened)
        open_states(states, gate_sums, width, opened, RESIDUAL_LIMIT)
        _plain_layer(network, network.out, b, lanes, opened, narrow, sums)
        add_sums(stream, sums, RESIDUAL_LIMIT)
        _normal_layer(network, network.up, b, lanes, SQUARE_LIMIT, inner_sums)
        square_sums(inner_sums, SQUARE_LIMIT)
        _plain_layer(network, network.down, b, lanes, inner_sums, wide, sums)
        add_sums(stream, sums, RESIDUAL_LIMIT)
    _normal_layer(network, network.head, 0, lanes, HEAD_LIMIT, network.logits[lanes])
    _weigh(network.logits[lanes], network.exp2_table, network.weights[lanes])


@lean
def _add_hashed(
    network: NetworkState, window: NDArray[np.uint8], stream: NDArray[np.int32]
) -> None:
    """Add the embeddings of the n-grams at the end of a window to a row of the stream."""
    value, length, first = np.uint64(0), 0, 0
    tables = network.hashed_tables
    for t in range(tables.shape[0]):
        while length < tables[t, 0]:
            value = (value + np.uint64(window[length]) + np.uint64(1)) * np.uint64(HASH_FACTOR)
            value &= np.uint64(HASH_MASK)
            length += 1
        place = first + np.int64(value >> np.uint64(HASH_BITS - tables[t, 1]))
        row, scale = network.hashed[place], network.hashed_scales[place]
        for n in range(stream.shape[0]):
            stream[n] += np.int32(row[n]) * scale
        first += 1 << tables[t, 1]


@lean
def _normal_layer(
    network: NetworkState,
    layers: Layers,
    number: int,
    lanes: slice,
    clip: int,
    out: NDArray[np.int32],
) -> None:
    stream, narrow = network.stream[lanes], network.narrow[lanes]
    mantissas, exponents = network.mantissas[lanes], network.exponents[lanes]
    for m in range(stream.shape[0]):
        mantissas[m], exponents[m] = normal_row(stream[m], network.epsilon[0], narrow[m])
    _apply(layers, number, narrow, mantissas, exponents, clip, out)


@lean
def _plain_layer(
    network: NetworkState,
    layers: Layers,
    number: int,
    lanes: slice,
    values: NDArray[np.int32],
    room: NDArray[np.uint8],
    out: NDArray[np.int32],
) -> None:
    mantissas, exponents = network.mantissas[lanes], network.exponents[lanes]
    for m in range(values.shape[0]):
        mantissas[m], exponents[m] = narrow_row(values[m][: room.shape[1]], room[m])
    _apply(layers, number, room, mantissas, exponents, RESIDUAL_LIMIT, out)


@lean
def _apply(
    layers: Layers,
    number: int,
    rows: NDArray[np.uint8],
    mantissas: NDArray[np.int64],
    exponents: NDArray[np.int64],
    clip: int,
    out: NDArray[np.int32],
) -> None:
    scaled_products(
        rows,
        mantissas,
        exponents,
        layers.weight[number],
        layers.offsets[number],
        layers.multiplier[number],
        layers.bias[number],
        layers.shift[number],
        layers.reach[number],
        layers.margin[number],
        clip,
        out,
    )


@lean
def _weigh(logits: NDArray[np.int32], table: NDArray[np.int32], weights: NDArray[np.int32]) -> None:
    """Write 2**30 times powers of 2 of the distances to the largest logit (M, V); 1 at least."""
    mask = np.int32((1 << EXP2_BITS) - 1)
    for m in range(logits.shape[0]):
        row = logits[m]
        best = row[0]
        for i in range(row.shape[0]):
            best = max(best, row[i])
        for i in range(row.shape[0]):
            distance = np.int32(best - row[i])
            octaves = min(distance >> np.int32(EXP2_BITS), np.int32(EXP2_TABLE_BITS + 1))
            weights[m, i] = np.int32(max(table[distance & mask] >> octaves, 1))
