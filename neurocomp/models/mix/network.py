"""A network's prediction of the byte as two inputs of the mixers.

The network weighs all 256 bytes; sums of weights over those that begin with the bits seen so far
give the probability of the next bit.
"""

from __future__ import annotations

import numpy as np

from neurocomp.models.mix import layout as at
from neurocomp.models.mix.hashing import U64
from neurocomp.models.mix.inlining import Integer, inlined
from neurocomp.models.mix.state import MixState
from neurocomp.models.mix.tables import LOGARITHM, LOGARITHM_BITS, OCTAVE, STRETCH_LIMIT


@inlined
def _log(value: Integer) -> Integer:
    """Natural logarithm of ``value`` >= 1 in units of 1/256, less a constant."""
    octaves = 0
    for step in (32, 16, 8, 4, 2, 1):
        if value >> (octaves + step) > 0:
            octaves += step
    place = value << (62 - octaves) >> (62 - LOGARITHM_BITS)
    return octaves * OCTAVE // 16 + LOGARITHM[U64(place - (1 << LOGARITHM_BITS))]


@inlined
def take_weights(state: MixState, weights: np.ndarray) -> None:
    """Takes what the network makes of the next byte: weights of 1 to 2**30, int32 (256,)."""
    tree = state.tree
    best = 0
    for i in range(256):
        tree[256 + i] = weights[i]
        if weights[i] > weights[best]:
            best = i
    for node in range(255, 0, -1):
        tree[node] = tree[2 * node] + tree[2 * node + 1]
    state.registers[at.NETWORK] = 256 + best


@inlined
def predict_network(state: MixState) -> None:
    """Sets the network's inputs: log odds, and the probability's distance to 1/2."""
    node = U64(state.registers[at.PARTIAL])
    ones = state.tree[U64(2) * node + U64(1)]
    zeros = state.tree[U64(2) * node]
    log_odds = np.int64(_log(ones) - _log(zeros))
    state.inputs[at.NETWORK_INPUT] = max(-STRETCH_LIMIT, min(STRETCH_LIMIT, log_odds))
    state.inputs[at.NETWORK_INPUT + 1] = (((ones << 12) // (ones + zeros)) - 2048) >> 1


@inlined
def network_row(state: MixState) -> Integer:
    """How sure the network is, in 16 steps, and the number of the bit: 0..127."""
    sure = abs(np.int64(state.inputs[at.NETWORK_INPUT])) >> 7
    return 16 * state.registers[at.NUM_BITS] + min(sure, 15)
