"""Final maps: what probability a mixed probability has turned out to mean in a small context.

Adaptive probability maps, also called secondary symbol estimation: a row of probabilities, one for
each nat of log odds, between which is interpolated (Mahoney, 2005).
"""

from __future__ import annotations

import numpy as np

from neurocomp.models.mix import layout as at
from neurocomp.models.mix.hashing import U64, byte_at
from neurocomp.models.mix.inlining import Integer, inlined
from neurocomp.models.mix.state import MixState
from neurocomp.models.mix.tables import SQUASH, SQUASH_LIMIT

_RATE = 6
_MIDDLE = at.APM_POINTS // 2


@inlined
def _read(state: MixState, number: Integer, context: Integer) -> Integer:
    """The 16-bit probability that map `number` has for the mixed log odds in a context."""
    place = state.registers[at.MIXED] + 256 * _MIDDLE
    point, weight = place >> 8, place & 255
    row = at.APM_CONTEXTS * number + context
    left = np.int64(state.apms[U64(row), U64(point)])
    right = np.int64(state.apms[U64(row), U64(point + 1)])
    nearer = point + (weight >> 7)
    state.registers[at.APM_INDEX + number] = row * at.APM_POINTS + nearer
    return (left * (256 - weight) + right * weight) >> 8


@inlined
def refine(state: MixState) -> Integer:
    """The probability of a one, 1..65535 of 65536, from the mixed log odds."""
    registers = state.registers
    position, partial = registers[at.POSITION], registers[at.PARTIAL]
    last = np.int64(byte_at(state.history, position - 1))
    last_but_one = np.int64(byte_at(state.history, position - 2))
    mixed = np.int64(SQUASH[U64(registers[at.MIXED] + SQUASH_LIMIT)])
    order1 = _read(state, 0, partial | last << 8)
    pair = (last | last_but_one << 8) * 0x2F0B4C47 + partial * 0x9E3779B1
    order2 = _read(state, 1, (pair >> 11) & (at.APM_CONTEXTS - 1))
    foreseen = registers[at.EXPECTED]
    if foreseen == 0:
        foreseen = registers[at.NETWORK]
    expected = _read(state, 2, partial | (foreseen & 255) << 8)
    return max(1, min(65535, (2 * mixed + order1 + 3 * order2 + 2 * expected) >> 3))


@inlined
def train_apms(state: MixState, bit: Integer) -> None:
    """Moves the nearer of the two points that were used in each map."""
    entries = state.apms.reshape(-1)
    for number in range(at.NUM_APMS):
        index = U64(state.registers[at.APM_INDEX + number])
        probability = np.int64(entries[index])
        entries[index] = probability + (((bit << 16) - bit - probability) >> _RATE)
