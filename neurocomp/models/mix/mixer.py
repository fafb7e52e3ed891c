"""Gated linear mixing of log odds, in two layers.

Each weight set has many rows, one of which is chosen by what is known (the order-0 context, the
last byte, the length of the match, ...); every chosen row predicts the bit by itself and is
trained by its own error.  Final mixers, of which each chooses a row in the same way, mix the sets;
their mean is the result.  (Mattern, "Mixing strategies in data compression", 2012.)

Bounds: |input| < 2**11 and |weight| < 2**19, so a product fits 31 bits, and the sum of up to 511
of them, each shifted right by 8, another 31.  In training |error| < 2**15 (RATE < 2**9), so
|input * error| < 2**26.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from neurocomp.models.mix import layout as at
from neurocomp.models.mix.hashing import U64, byte_at
from neurocomp.models.mix.inlining import Integer, inlined
from neurocomp.models.mix.network import network_row
from neurocomp.models.mix.records import record_column
from neurocomp.models.mix.state import MixState
from neurocomp.models.mix.tables import SQUASH, SQUASH_LIMIT, STRETCH_LIMIT

# numba's products are 64 bits wide unless cast; cast, these loops become vector code.
I32: Any = np.int32

_WEIGHT_LIMIT = I32((1 << 19) - 1)
_FINAL_WEIGHT_LIMIT = 1 << 20
_IGNORED_ERROR = 20  # well predicted bits are many and teach little
_LONG_MATCH = 8  # of MATCH_LENGTH: 14 bytes and more


@inlined
def _clamp(value: Integer, limit: Integer) -> Integer:
    return max(-limit, min(limit, value))


@inlined
def choose_rows(state: MixState) -> None:
    """Chooses the rows of the sets and of the final mixers."""
    registers = state.registers
    rows = state.rows
    position = registers[at.POSITION]
    partial, num_bits = registers[at.PARTIAL], registers[at.NUM_BITS]
    match_length = registers[at.MATCH_LENGTH]
    match_kind = 0 if match_length == 0 else (1 if match_length < _LONG_MATCH else 2)
    rows[0] = U64(at.FIRST_ROW[0] + 256 * match_kind + partial)
    rows[1] = U64(at.FIRST_ROW[1]) + byte_at(state.history, position - 1)
    rows[2] = U64(at.FIRST_ROW[2] + 16 * num_bits + match_length)
    rows[3] = U64(at.FIRST_ROW[3]) + byte_at(state.history, position - 2)
    rows[4] = U64(at.FIRST_ROW[4] + 8 * num_bits + registers[at.ORDER])
    if registers[at.PROFILE] == at.TEXT:
        rows[5] = U64(at.FIRST_ROW[5] + (registers[at.CLASSES] & 0x1FF))
    else:
        rows[5] = U64(at.FIRST_ROW[5] + record_column(state))
    if registers[at.NETWORK] > 0:
        sureness = np.int64(network_row(state))
        rows[at.NETWORK_SET] = U64(at.FIRST_ROW[at.NETWORK_SET] + sureness)
        state.final_rows[1] = U64(at.FIRST_FINAL_ROW[1] + sureness)
        state.final_rows[2] = U64(at.FIRST_FINAL_ROW[2]) + byte_at(state.history, position - 1)
    state.final_rows[0] = U64(at.FIRST_FINAL_ROW[0] + partial)


@inlined
def mix(state: MixState) -> Integer:
    """The log odds of a one, from the inputs."""
    inputs = state.inputs
    outputs = state.outputs
    for s in range(state.registers[at.SETS]):
        row = state.rows[s]
        total = I32(0)
        for i in range(at.NUM_INPUTS):
            total = I32(total + I32(I32(inputs[i] * state.weights[row, i]) >> I32(8)))
        log_odds = _clamp(np.int64(total) >> 8, STRETCH_LIMIT)
        outputs[0, s] = log_odds
        outputs[1, s] = SQUASH[U64(log_odds + SQUASH_LIMIT)]
    num_finals = state.registers[at.FINALS]
    total_log_odds = np.int64(0)
    for f in range(num_finals):
        final_row = state.final_rows[f]
        mixed = np.int64(0)
        for s in range(state.registers[at.SETS]):
            mixed += np.int64(outputs[0, s]) * np.int64(state.final_weights[final_row, s])
        final = _clamp(mixed >> 16, SQUASH_LIMIT)
        state.finals[f] = final
        total_log_odds += final
    return total_log_odds // num_finals


@inlined
def train_mixers(state: MixState, bit: Integer) -> None:
    """Moves every chosen row along the gradient of its own code length."""
    inputs = state.inputs
    weights = state.weights
    outputs = state.outputs
    target = bit << 16
    for s in range(state.registers[at.SETS]):
        row = state.rows[s]
        error = I32(((target - np.int64(outputs[1, s])) * state.registers[at.RATE]) >> 10)
        if abs(error) > _IGNORED_ERROR:
            for i in range(at.NUM_INPUTS):
                step = I32(I32(I32(inputs[i] * error) + I32(1 << 13)) >> I32(14))
                weight = I32(weights[row, i] + step)
                weights[row, i] = max(-_WEIGHT_LIMIT, min(_WEIGHT_LIMIT, weight))
    num_finals = state.registers[at.FINALS]
    for f in range(num_finals):
        final_row = state.final_rows[f]
        final_error = target - np.int64(SQUASH[U64(np.int64(state.finals[f]) + SQUASH_LIMIT)])
        for s in range(state.registers[at.SETS]):
            change = (np.int64(outputs[0, s]) * final_error * num_finals + (1 << 16)) >> 17
            final_weight = np.int64(state.final_weights[final_row, s]) + change
            state.final_weights[final_row, s] = _clamp(final_weight, _FINAL_WEIGHT_LIMIT)


@inlined
def set_rate(state: MixState) -> None:
    """Learning rate for the next byte: high at first, falling with the bytes seen."""
    registers = state.registers
    num_seen = (registers[at.POSITION] - registers[at.START]) * registers[at.NUM_LANES]
    if registers[at.EXPERIENCED] > 0:
        registers[at.RATE] = 40 + 300 * 4096 // (num_seen + 8192)
    elif registers[at.SETS] == at.NUM_SETS:
        registers[at.RATE] = 40 + 800 * 4096 // (num_seen + 8192)
    else:
        registers[at.RATE] = 60 + 400 * 4096 // (num_seen + 8192)
