from __future__ import annotations
import numpy as np
from numba import njit
from . import layout as L
N = L.NUM_CONTEXTS
U = np.uint64

@njit(forceinline=True, _nrt=False)
def find_slots(state):
    """Looks up the slot of every context for the coming nibble."""
    reg = state.registers
    slots = state.slots
    direct = state.direct
    mask = U(reg[L.SLOT_MASK])
    nibble = U(reg[L.PARTIAL]) * U(0x9E3779B97F4A7C15)
    for i in range(N):
        h = (state.hashes[i] ^ nibble) * U(0xD6E8FEB86659FD93)
        h ^= h >> U(29)
        line = (h & mask) << U(6)
        check = np.uint8((h >> U(48)) | U(1))
        a = line
        if slots[a] != check:
            b = line + U(16)
            c = line + U(32)
            d = line + U(48)
            if slots[b] == check:
                a = b
            elif slots[c] == check:
                a = c
            elif slots[d] == check:
                a = d
            else:
                if slots[b + U(1)] < slots[a + U(1)]:
                    a = b
                if slots[c + U(1)] < slots[a + U(1)]:
                    a = c
                if slots[d + U(1)] < slots[a + U(1)]:
                    a = d
                slots[a] = check
                for j in range(U(1), U(16)):
                    slots[a + j] = np.uint8(0)
        state.nodes[i] = a + U(1)
