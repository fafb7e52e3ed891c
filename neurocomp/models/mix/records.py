"""Tables of fixed-size records: how long a record is."""

from __future__ import annotations

from neurocomp.models.mix import layout as at
from neurocomp.models.mix.hashing import U64, byte_at
from neurocomp.models.mix.inlining import Integer, inlined
from neurocomp.models.mix.state import MixState

_HALVING_BYTES = 4096


@inlined
def follow_records(state: MixState) -> None:
    """Lets the last finished byte vote for a record length.

    A byte value that comes twice with the same gap votes for that gap; votes are halved from time
    to time, and the record has the length with the most of them.
    """
    registers = state.registers
    votes = state.votes
    position = registers[at.POSITION]
    byte = byte_at(state.history, position - 1)
    gap = position - state.last_seen[byte, 0]
    if gap == state.last_seen[byte, 1] and 2 < gap < at.MAX_RECORD:
        votes[U64(gap)] += 1
        if votes[U64(gap)] > votes[U64(registers[at.RECORD])]:
            registers[at.RECORD] = gap
    state.last_seen[byte, 1] = gap
    state.last_seen[byte, 0] = position
    if position % _HALVING_BYTES == 0:
        for length in range(at.MAX_RECORD):
            votes[length] >>= 1


@inlined
def record_column(state: MixState) -> Integer:
    """Position within the record, 0 while its length is unknown."""
    length = state.registers[at.RECORD]
    return state.registers[at.POSITION] % length if length > 0 else 0
