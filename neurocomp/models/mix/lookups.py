"""The contexts' predictions: two inputs each, from the bit history met in its slot.

An adaptive map from history to probability says what came after that history in this context so
far.  One input is its log odds, the other its distance to 1/2, which weighs near-certain
predictions less.
"""

from __future__ import annotations

import numpy as np

from neurocomp.models.mix import layout as at
from neurocomp.models.mix.adaptive import learned, probability12
from neurocomp.models.mix.hashing import U64
from neurocomp.models.mix.histories import NEXT_STATE
from neurocomp.models.mix.inlining import Integer, inlined
from neurocomp.models.mix.state import MixState
from neurocomp.models.mix.tables import STRETCH

_COUNT_LIMIT = 1023
_NUM_ORDERS = 7  # contexts 0.._NUM_ORDERS - 1 have rising order


@inlined
def predict_contexts(state: MixState) -> None:
    """Sets the inputs of all contexts, and how many of rising order have been seen before."""
    node = U64(state.registers[at.NODE] - 1)
    order = 0
    for i in range(at.NUM_CONTEXTS):
        history = np.int64(state.slots[state.nodes[i] + node])
        index = i << 8 | history
        state.history_index[i] = index
        if history > 0:
            probability = probability12(state.history_maps[U64(index)])
            state.inputs[2 * i] = STRETCH[probability]
            state.inputs[2 * i + 1] = (np.int64(probability) - 2048) >> 1
            if i < _NUM_ORDERS:
                order += 1
        else:  # nothing is known
            state.inputs[2 * i] = 0
            state.inputs[2 * i + 1] = 0
    state.registers[at.ORDER] = order
    order0 = state.order0_map[U64(state.registers[at.PARTIAL])]
    state.inputs[at.ORDER0_INPUT] = STRETCH[probability12(order0)]


@inlined
def update_contexts(state: MixState, bit: Integer) -> None:
    """Trains the maps and appends the bit to the histories."""
    node = U64(state.registers[at.NODE] - 1)
    for i in range(at.NUM_CONTEXTS):
        index = U64(state.history_index[i])
        state.history_maps[index] = learned(state.history_maps[index], bit, _COUNT_LIMIT)
        place = state.nodes[i] + node
        state.slots[place] = NEXT_STATE[U64(2 * np.int64(state.slots[place]) + bit)]
    partial = U64(state.registers[at.PARTIAL])
    state.order0_map[partial] = learned(state.order0_map[partial], bit, _COUNT_LIMIT)
