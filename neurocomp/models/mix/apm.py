from __future__ import annotations
import numpy as np
from numba import njit
from . import layout as L
from .tables import SQUASH, SQUASH_LIMIT, STRETCH
U = np.uint64

@njit(forceinline=True, _nrt=False)
def refine_one(apms, slot, register, reg, mixed):
    at = mixed + 3072
    j = at >> 8
    w = at & 255
    reg[register] = (slot * 25 + j + (w >> 7))
    a = np.int64(apms[U(slot), U(j)])
    b = np.int64(apms[U(slot), U(j + 1)])
    return (a * (256 - w) + b * w) >> 8

@njit(forceinline=True, _nrt=False)
def refine(state, mixed):
    reg = state.registers
    p = np.int64(SQUASH[U(mixed + SQUASH_LIMIT)])
    pos = reg[L.POSITION]
    hist = state.history
    partial = reg[L.PARTIAL]
    c1 = np.int64(hist[U(pos - 1)]) if pos > 0 else 0
    c2 = np.int64(hist[U(pos - 2)]) if pos > 1 else 0
    p1 = refine_one(state.apms, partial | c1 << 8, L.APM0, reg, mixed)
    h = ((c1 | c2 << 8) * 0x2F0B4C47 + partial * 0x9E3779B1)
    p2 = refine_one(state.apms, 65536 + ((h >> 11) & 65535), L.APM1, reg, mixed)
    e = reg[L.EXPECTED] & 255
    if reg[L.MATCH_BUCKET] == 0:
        e = 0
    p3 = refine_one(state.apms, 131072 + (partial | e << 8), L.APM2, reg, mixed)
    p = (2 * p + p1 + 3*p2 + 2*p3) >> 3
    return max(1, min(65535, p))

@njit(forceinline=True, _nrt=False)
def train_apms(state, bit):
    reg = state.registers
    flat = state.apms.reshape(-1)
    for a in (L.APM0, L.APM1, L.APM2):
        i = U(reg[a])
        v = np.int64(flat[i])
        v += (((bit << 16) - bit) - v) >> L.APM_RATE
        flat[i] = v
