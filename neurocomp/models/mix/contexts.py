"""The contexts of a byte: one 64-bit hash each."""

from __future__ import annotations

import numpy as np

from neurocomp.models.mix import layout as at
from neurocomp.models.mix.hashing import U64, byte_at, combine
from neurocomp.models.mix.ideographs import set_ideograph_contexts
from neurocomp.models.mix.inlining import Integer, inlined
from neurocomp.models.mix.records import follow_records, record_column
from neurocomp.models.mix.state import MixState
from neurocomp.models.mix.text import byte_above, column, follow_text

_PAIR = U64(0xFFFF)  # mask of the last two bytes


@inlined
def _follow_successors(state: MixState, recent: Integer) -> None:
    """Notes the last byte as successor of the one before it, and of the two before it."""
    byte = np.uint32(recent & U64(255))
    one = (recent >> U64(8)) & U64(255)
    two = U64(256) + ((recent >> U64(8)) & _PAIR)
    state.followers[one] = (state.followers[one] << np.uint32(8)) | byte
    state.followers[two] = (state.followers[two] << np.uint32(8)) | byte


@inlined
def _recent_bytes(state: MixState) -> Integer:
    """The last eight bytes, the last one lowest."""
    recent = U64(0)
    for back in range(8):
        byte = byte_at(state.history, state.registers[at.POSITION] - 1 - back)
        recent |= byte << U64(8 * back)
    return recent


@inlined
def _text_contexts(state: MixState, recent: Integer) -> None:
    registers = state.registers
    out = state.hashes
    last = recent & U64(255)
    word = U64(registers[at.WORD])
    last_word, word_before = U64(registers[at.LAST_WORD]), U64(registers[at.WORD_BEFORE])
    above = byte_above(state)
    record = registers[at.RECORD]
    record_above = byte_at(state.history, registers[at.POSITION] - record)
    after_one = U64(state.followers[last]) & _PAIR
    after_two = U64(state.followers[U64(256) + (recent & _PAIR)]) & _PAIR
    for order in range(1, 7):
        out[order - 1] = combine(U64(order), recent & ((U64(1) << U64(8 * order)) - U64(1)))
    out[6] = combine(U64(7), recent)
    out[7] = combine(word + U64(8), U64(8))
    out[8] = combine(combine(word + U64(9), last_word), last)
    out[9] = combine(combine(word + U64(10), word_before), last_word)
    out[10] = combine(word + U64(11), word_before)
    out[11] = combine(U64(12), recent & U64(0xFFFF00))
    out[12] = combine(U64(13), recent & U64(0xFFFFFF00))
    out[13] = combine(U64(14), recent & U64(0xF0F0F0FF))
    out[14] = combine(U64(15), last | after_one << U64(8))
    out[15] = combine(U64(16), (recent & _PAIR) | after_two << U64(16))
    out[16] = combine(combine(U64(17), above | last << U64(8)), U64(column(state)))
    out[17] = combine(combine(U64(18), above), word)
    out[18] = combine(U64(19), record_above | last << U64(8) | U64(record) << U64(16))
    out[19] = combine(combine(U64(20), U64(registers[at.CLASSES])), last)


@inlined
def _binary_contexts(state: MixState, recent: Integer) -> None:
    out = state.hashes
    history = state.history
    position, record = state.registers[at.POSITION], state.registers[at.RECORD]
    last = recent & U64(255)
    above = byte_at(history, position - record)
    two_above = byte_at(history, position - 2 * record)
    above_left = byte_at(history, position - record - 1)
    above_right = byte_at(history, position - record + 1) if record > 1 else U64(0)
    place = U64(record_column(state))
    after_two = U64(state.followers[U64(256) + (recent & _PAIR)]) & _PAIR
    for order in range(1, 5):
        out[order - 1] = combine(U64(order), recent & ((U64(1) << U64(8 * order)) - U64(1)))
    out[4] = combine(U64(5), recent & U64(0xFFFFFFFFFFFF))
    out[5] = combine(U64(6), recent & U64(0xFF00))
    out[6] = combine(U64(7), recent & U64(0xFF0000))
    out[7] = combine(U64(8), recent & U64(0xFFFF00))
    out[8] = combine(U64(9), recent & U64(0xFF00FF))
    out[9] = combine(U64(10), recent & U64(0xFF000000))
    out[10] = combine(U64(11), recent & U64(0xF0F0F0F0))
    out[11] = combine(U64(12), above | place << U64(8))
    out[12] = combine(U64(13), above | last << U64(8))
    out[13] = combine(U64(14), above | two_above << U64(8))
    out[14] = combine(U64(15), last | place << U64(8))
    out[15] = combine(U64(16), above | last << U64(8) | above_left << U64(16))
    out[16] = combine(U64(17), (above + last - above_left) & U64(255))
    out[17] = combine(U64(18), place)
    out[18] = combine(U64(19), above | above_right << U64(8) | last << U64(16))
    out[19] = combine(U64(20), (recent & _PAIR) | after_two << U64(16))


@inlined
def set_contexts(state: MixState) -> None:
    """Sets the context hashes of the byte that begins, from the finished ones."""
    recent = _recent_bytes(state)
    _follow_successors(state, recent)
    follow_text(state)
    follow_records(state)
    if state.registers[at.PROFILE] == at.TEXT:
        _text_contexts(state, recent)
        set_ideograph_contexts(state, recent)
    else:
        _binary_contexts(state, recent)
