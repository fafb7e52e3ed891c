"""Words, lines and classes of bytes: what contexts for text are made of."""

from __future__ import annotations

import numpy as np

from neurocomp.models.mix import layout as at
from neurocomp.models.mix.hashing import U64, byte_at, combine
from neurocomp.models.mix.inlining import Integer, inlined
from neurocomp.models.mix.state import MixState

_NEWLINE, _SPACE = 10, 32


@inlined
def lower_case(byte: Integer) -> Integer:
    """Return the small letter of a capital one; other bytes stay."""
    return byte + 32 if 65 <= byte <= 90 else byte


@inlined
def is_letter(byte: Integer) -> Integer:
    """Letters of ASCII; every byte of a longer UTF-8 character counts as one."""
    return 97 <= lower_case(byte) <= 122 or byte >= 128


@inlined
def class_of(byte: Integer) -> Integer:
    """Return the kind of a byte.

    0 small letter, 1 capital, 2 space, 3 newline, 4 digit, 5 control, 6 punctuation between
    words, 7 any other.  Characters of several bytes: the first is of kind 7, the others of 0.
    """
    if byte >= 192:
        return 7
    if is_letter(byte):
        return 1 if byte != lower_case(byte) else 0
    if byte == _SPACE:
        return 2
    if byte == _NEWLINE:
        return 3
    if 48 <= byte <= 57:
        return 4
    if byte < _SPACE:
        return 5
    if byte == 44 or byte == 46 or byte == 59 or byte == 58 or byte == 33 or byte == 63:  # ,.;:!?
        return 6
    return 7


@inlined
def follow_text(state: MixState) -> None:
    """Takes the last finished byte into the words, the line and the classes."""
    registers = state.registers
    byte = np.int64(byte_at(state.history, registers[at.POSITION] - 1))
    word = U64(registers[at.WORD])
    if is_letter(byte):
        registers[at.WORD] = combine(word + U64(1), U64(lower_case(byte)))
    elif word != U64(0):
        registers[at.WORD_BEFORE] = registers[at.LAST_WORD]
        registers[at.LAST_WORD] = registers[at.WORD]
        registers[at.WORD] = 0
    registers[at.CLASSES] = ((registers[at.CLASSES] << 3) | class_of(byte)) & 0xFFFFFF
    if byte == _NEWLINE:
        registers[at.LINE_ABOVE] = registers[at.LINE_START]
        registers[at.LINE_START] = registers[at.POSITION]


@inlined
def column(state: MixState) -> Integer:
    """Bytes since the last newline, at most 255."""
    return min(state.registers[at.POSITION] - state.registers[at.LINE_START], 255)


@inlined
def byte_above(state: MixState) -> Integer:
    """The byte in this column of the line above, a newline past its end."""
    registers = state.registers
    position = registers[at.LINE_ABOVE] + column(state)
    if position < registers[at.LINE_START]:
        return byte_at(state.history, position)
    return U64(_NEWLINE)
