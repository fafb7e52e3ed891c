from __future__ import annotations
import numpy as np
from numba import njit
from . import layout as L
from .tables import STRETCH, RECIPROCAL
from .histories import NEXT_STATE
from .slots import find_slots
from .match import find_matches, predict_matches, update_matches
from .mixer import mix, train
from .apm import refine, train_apms
from .contexts import set_contexts
U = np.uint64
N = L.NUM_CONTEXTS
IPC = L.INPUTS_PER_CONTEXT
LIMIT = L.LIMIT

@njit(forceinline=True, _nrt=False)
def gather(state):
    x = state.inputs
    reg = state.registers
    slots = state.slots
    maps = state.history_maps
    node = U(reg[L.NODE] - 1)
    order = 0
    for i in range(N):
        at = state.nodes[i] + node
        s = np.int64(slots[at])
        m = (i << 8) | s
        state.map_index[i] = m
        p = np.int64(maps[U(m)] >> np.uint32(20))
        j = IPC * i
        if s > 0:
            st = np.int64(STRETCH[U(p)])
            x[j] = st
            x[j + 1] = (p - 2048) >> 1
            if i < 7:
                order += 1
            if IPC == 3:
                d = np.int64(state.direct[at])
                q = d >> 4
                x[j + 2] = STRETCH[U(q)]
        else:
            x[j] = 0
            x[j + 1] = 0
            if IPC == 3:
                x[j + 2] = 0
    reg[L.ORDER] = order

@njit(forceinline=True, _nrt=False)
def select(state):
    reg = state.registers
    pos = reg[L.POSITION]
    hist = state.history
    partial = reg[L.PARTIAL]
    bits = reg[L.BIT_COUNT]
    c1 = np.int64(hist[U(pos - 1)]) if pos > 0 else 0
    c2 = np.int64(hist[U(pos - 2)]) if pos > 1 else 0
    mb = reg[L.MATCH_BUCKET]
    ml = 0 if mb == 0 else (1 if mb < 8 else 2)
    rows = state.rows
    rows[0] = U(L.SET_START[0] + partial + 256 * ml)
    rows[1] = U(L.SET_START[1] + c1)
    rows[2] = U(L.SET_START[2] + bits * 16 + mb)
    rows[3] = U(L.SET_START[3] + c2)
    rows[4] = U(L.SET_START[4] + bits * 24 + reg[L.ORDER])
    if reg[L.PROFILE] == 0:
        rows[5] = U(L.SET_START[5] + (reg[L.CLASSES] & 511))
    else:
        r = reg[L.RECORD]
        rows[5] = U(L.SET_START[5] + (pos % r if r > 0 else 0))
    reg[L.FINAL_ROW] = partial

@njit(forceinline=True, _nrt=False)
def predict(state):
    gather(state)
    predict_matches(state)
    reg = state.registers
    v = state.zero_map[U(reg[L.PARTIAL])]
    state.inputs[L.FIRST_EXTRA_INPUT] = STRETCH[U(v >> np.uint32(20))]
    state.inputs[L.FIRST_EXTRA_INPUT + 1] = 256
    select(state)
    mixed = mix(state)
    reg[L.MIXED] = mixed
    return refine(state, mixed)

@njit(forceinline=True, _nrt=False)
def learn(state, bit):
    reg = state.registers
    maps = state.history_maps
    slots = state.slots
    node = U(reg[L.NODE] - 1)
    top = bit << 22
    for i in range(N):
        m = U(state.map_index[i])
        v = np.int64(maps[m])
        p = v >> 10
        n = v & 1023
        p += (top - p) * np.int64(RECIPROCAL[U(n)]) >> 16
        if n < LIMIT:
            n += 1
        maps[m] = np.uint32(p << 10 | n)
        at = state.nodes[i] + node
        s = np.int64(slots[at])
        slots[at] = NEXT_STATE[U(2 * s + bit)]
        if IPC == 3:
            d = np.int64(state.direct[at])
            if s == 0:
                d = 32768
                c = 0
                p = 2048
            else:
                c = d & 15
                p = d >> 4
            p += ((bit << 12) - bit - p) * np.int64(RECIPROCAL[U(c)]) >> 16
            if c < 14:
                c += 1
            state.direct[at] = np.uint16(p << 4 | c)
    z = U(reg[L.PARTIAL])
    v = np.int64(state.zero_map[z])
    p = v >> 10
    n = v & 1023
    p += (top - p) * np.int64(RECIPROCAL[U(n)]) >> 16
    if n < LIMIT:
        n += 1
    state.zero_map[z] = np.uint32(p << 10 | n)

@njit(forceinline=True, _nrt=False)
def update(state, bit):
    reg = state.registers
    train(state, bit, reg[L.MIXED])
    train_apms(state, bit)
    learn(state, bit)
    update_matches(state, bit)
    partial = reg[L.PARTIAL] << 1 | bit
    bits = reg[L.BIT_COUNT] + 1
    if bits == 8:
        state.history[U(reg[L.POSITION])] = np.uint8(partial & 255)
        reg[L.POSITION] += 1
        reg[L.PARTIAL] = 1
        reg[L.BIT_COUNT] = 0
        reg[L.NODE] = 1
    else:
        reg[L.PARTIAL] = partial
        reg[L.BIT_COUNT] = bits
        if bits == 4:
            reg[L.NODE] = 1
            find_slots(state)
        else:
            reg[L.NODE] = reg[L.NODE] << 1 | bit

@njit(forceinline=True, _nrt=False)
def start_byte(state):
    reg = state.registers
    find_matches(state)
    set_contexts(state)
    find_slots(state)
    pos = reg[L.POSITION]
    reg[L.RATE] = L.RATE_END + L.RATE_START * L.RATE_HALF // (pos + 2 * L.RATE_HALF)
