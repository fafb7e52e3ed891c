"""The model as its caller sees it: predict a bit, be told what it was."""

from __future__ import annotations

import numpy as np

from neurocomp.models.mix import layout as at
from neurocomp.models.mix.apm import refine, train_apms
from neurocomp.models.mix.contexts import set_contexts
from neurocomp.models.mix.hashing import U64
from neurocomp.models.mix.inlining import Integer, inlined
from neurocomp.models.mix.lookups import predict_contexts, update_contexts
from neurocomp.models.mix.match import find_matches, predict_matches, update_matches
from neurocomp.models.mix.mixer import choose_rows, mix, set_rate, train_mixers
from neurocomp.models.mix.network import predict_network
from neurocomp.models.mix.slots import find_slots
from neurocomp.models.mix.state import MixState


@inlined
def predict(state: MixState) -> Integer:
    """Probability that the next bit is a one: 1..65535 of 65536.

    Every model below writes its part of `state.inputs`; one more source of predictions is one more
    line here and its inputs in layout.py.
    """
    predict_contexts(state)
    predict_matches(state)
    if state.registers[at.NETWORK] > 0:
        predict_network(state)
    state.inputs[at.BIAS_INPUT] = 256
    choose_rows(state)
    state.registers[at.MIXED] = mix(state)
    return refine(state)


@inlined
def update(state: MixState, bit: Integer) -> None:
    """Learns the bit that followed the last prediction; call once after each `predict`."""
    train_mixers(state, bit)
    train_apms(state, bit)
    update_contexts(state, bit)
    update_matches(state, bit)
    _advance(state, bit)


@inlined
def _advance(state: MixState, bit: Integer) -> None:
    """Goes to the next bit, and at the end of a nibble or byte to its contexts."""
    registers = state.registers
    registers[at.PARTIAL] = registers[at.PARTIAL] << 1 | bit
    registers[at.NODE] = registers[at.NODE] << 1 | bit
    registers[at.NUM_BITS] += 1
    if registers[at.NUM_BITS] == 8:
        state.history[U64(registers[at.POSITION])] = np.uint8(registers[at.PARTIAL] & 255)
        registers[at.POSITION] += 1
        registers[at.PARTIAL] = 1
        registers[at.NUM_BITS] = 0
        find_matches(state)
        set_contexts(state)
        set_rate(state)
    if registers[at.NUM_BITS] & 3 == 0:
        registers[at.NODE] = 1
        find_slots(state)
