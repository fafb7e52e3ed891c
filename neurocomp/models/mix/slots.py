"""The slot table: fifteen bit histories for every context and nibble.

A context's first four bits walk down one slot (a binary tree of 15 nodes), the next four another,
so that there is one cache miss for four bits.  A slot is a check byte and 15 histories; the four
slots of a cache line are the candidates for a context.  The table is shared by all contexts: those
with many values take what those with few leave.
"""

from __future__ import annotations

import numpy as np

from neurocomp.models.mix import layout as at
from neurocomp.models.mix.hashing import U64
from neurocomp.models.mix.inlining import inlined
from neurocomp.models.mix.prefetch import prefetch
from neurocomp.models.mix.state import MixState


@inlined
def find_slots(state: MixState) -> None:
    """Finds the slot of every context for the nibble that begins, or clears one for it."""
    slots = state.slots
    mask = U64(state.registers[at.LINE_MASK])
    nibble = U64(state.registers[at.PARTIAL]) * U64(0x9E3779B97F4A7C15)
    for i in range(at.NUM_CONTEXTS):
        index = (state.hashes[i] ^ nibble) * U64(0xD6E8FEB86659FD93)
        index ^= index >> U64(29)
        state.nodes[i] = index
        prefetch(slots, (index & mask) << U64(6))  # so that the cache misses overlap
    for i in range(at.NUM_CONTEXTS):
        index = state.nodes[i]
        check = np.uint8((index >> U64(48)) | U64(1))  # an empty slot has 0
        first = (index & mask) << U64(6)
        found = first
        if slots[first] != check:
            second, third, fourth = first + U64(16), first + U64(32), first + U64(48)
            if slots[second] == check:
                found = second
            elif slots[third] == check:
                found = third
            elif slots[fourth] == check:
                found = fourth
            else:  # the shortest history at the root is the least to lose
                if slots[second + U64(1)] < slots[found + U64(1)]:
                    found = second
                if slots[third + U64(1)] < slots[found + U64(1)]:
                    found = third
                if slots[fourth + U64(1)] < slots[found + U64(1)]:
                    found = fourth
                slots[found] = check
                for node in range(U64(1), U64(16)):
                    slots[found + node] = np.uint8(0)
        state.nodes[i] = found + U64(1)
