"""Contexts for Chinese and Japanese: characters of three bytes in UTF-8, no spaces between words.

Contexts of words know nothing there, and those of so many bytes begin in the middle of characters.
Among such characters, contexts that keep to whole ones take the place of the former.
"""

from __future__ import annotations

from neurocomp.models.mix import layout as at
from neurocomp.models.mix.hashing import U64, byte_at, combine
from neurocomp.models.mix.inlining import Integer, inlined
from neurocomp.models.mix.state import MixState

_BYTE = U64(255)


@inlined
def _begins_ideograph(byte: Integer) -> Integer:
    """First bytes of kana, ideographs and their punctuation: U+3000-U+9FFF, U+F000-U+FFFF."""
    return (U64(0xE3) <= byte and byte <= U64(0xE9)) or byte == U64(0xEF)


@inlined
def _character(state: MixState, end: Integer) -> Integer:
    """The three bytes before position ``end``, the last one lowest."""
    first, second = byte_at(state.history, end - 3), byte_at(state.history, end - 2)
    return first << U64(16) | second << U64(8) | byte_at(state.history, end - 1)


@inlined
def set_ideograph_contexts(state: MixState, recent: Integer) -> None:
    """Sets six contexts anew where the last whole character is an ideograph."""
    out = state.hashes
    started = 0  # bytes of the character that are known
    if _begins_ideograph(recent & _BYTE):
        started = 1
    elif _begins_ideograph((recent >> U64(8)) & _BYTE):
        started = 2
    end = state.registers[at.POSITION] - started
    one = _character(state, end)
    if _begins_ideograph(one >> U64(16)):
        two, three = _character(state, end - 3), _character(state, end - 6)
        known = recent & ((U64(1) << U64(8 * started)) - U64(1))
        part = combine(U64(21), known | U64(started) << U64(32))
        pair = one | two << U64(24)
        out[7] = combine(part + U64(1), one)
        out[8] = combine(part + U64(2), pair)
        out[9] = combine(combine(part + U64(3), pair), three)
        out[10] = combine(part + U64(4), two)
        out[13] = combine(part + U64(6), one >> U64(6))
        out[17] = combine(part + U64(5), U64(0))
