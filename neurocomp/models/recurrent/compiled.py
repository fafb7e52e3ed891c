"""A recurrent network as one compiled step over a few lanes of bytes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neurocomp.exact.compiled.lean import lean
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
from neurocomp.exact.recurrence import SQUARE_LIMIT
from neurocomp.exact.scaling import EXP2_BITS, EXP2_TABLE_BITS, RESIDUAL_LIMIT
from neurocomp.models.recurrent.parts import HEAD_LIMIT
from neurocomp.models.recurrent.state import Layers, NetworkState


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
