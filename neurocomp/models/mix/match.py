from __future__ import annotations
import numpy as np
from numba import njit
from . import layout as L
from .tables import STRETCH, RECIPROCAL
U = np.uint64
MIN_LENGTHS = (5, 12)  # unused in kernels beyond hashing
PTR, LEN, EXPECT, IDX = 0, 1, 2, 3

@njit(forceinline=True, _nrt=False)
def find_matches(state):
    """After a finished byte."""
    reg = state.registers
    pos = reg[L.POSITION]
    hist = state.history
    ms = state.match_state
    for m in range(L.NUM_MATCHES):
        need = 6 if m == 0 else 14
        if ms[m, LEN] > 0 :
            if hist[U(ms[m, PTR])] == hist[U(pos - 1)]:
                if ms[m, LEN] < 65535:
                    ms[m, LEN] += 1
            else:
                ms[m, LEN] = 0
            ms[m, PTR] += 1
        if pos >= need:
            h = U(0)
            for k in range(need):
                h = (h + U(hist[U(pos - 1 - k)]) + U(1)) * U(0x9E3779B97F4A7C15)
            h = (h >> U(40)) & U(reg[L.MATCH_MASK])
            if ms[m, LEN] == 0:
                ptr = np.int64(state.match_heads[m, h])
                n = 0
                if ptr > 0:
                    while n < 32 and ptr - n > 0 and hist[U(ptr - 1 - n)] == hist[U(pos - 1 - n)]:
                        n += 1
                if n >= need:
                    ms[m, LEN] = n
                    ms[m, PTR] = ptr
            state.match_heads[m, h] = pos
        if ms[m, LEN] > 0:
            ms[m, EXPECT] = 256 + np.int64(hist[U(ms[m, PTR])])
        else:
            ms[m, EXPECT] = 0

@njit(forceinline=True, _nrt=False)
def length_bucket(n):
    if n < 16:
        return n
    if n < 32:
        return 16 + ((n - 16) >> 2)
    b = 20 + ((n - 32) >> 5)
    return min(b, 31)

@njit(forceinline=True, _nrt=False)
def predict_matches(state):
    reg = state.registers
    ms = state.match_state
    bits = reg[L.BIT_COUNT]
    partial = reg[L.PARTIAL]
    reg[L.EXPECTED] = 0
    reg[L.MATCH_BUCKET] = 0
    for m in range(L.NUM_MATCHES):
        e = ms[m, EXPECT]
        k = L.FIRST_MATCH_INPUT + 2 * m
        if e > 0 and (e >> (8 - bits)) == partial:
            bit = (e >> (7 - bits)) & 1
            b = length_bucket(ms[m, LEN])
            ms[m, IDX] = b + 32 * bit
            p = np.int64(state.match_maps[m, U(b)] >> np.uint32(20))
            s = np.int64(STRETCH[U(p)])
            q = p - 2048
            reg[L.EXPECTED] = e
            reg[L.MATCH_BUCKET] = 1 + min(b >> 1, 14)
            if bit == 0:
                s = -s
                q = -q
            state.inputs[U(k)] = s
            state.inputs[U(k + 1)] = q
        else:
            ms[m, IDX] = -1
            if e > 0:
                ms[m, EXPECT] = 0
                ms[m, LEN] = 0
            state.inputs[U(k)] = 0
            state.inputs[U(k + 1)] = 0

@njit(forceinline=True, _nrt=False)
def update_matches(state, bit):
    ms = state.match_state
    for m in range(L.NUM_MATCHES):
        idx = ms[m, IDX]
        if idx >= 0:
            hit = 1 if (idx >> 5) == bit else 0
            b = U(idx & 31)
            v = np.int64(state.match_maps[m, b])
            p = v >> 10
            n = v & 1023
            p += ((hit << 22) - p) * np.int64(RECIPROCAL[U(n)]) >> 16
            if n < L.MLIMIT:
                n += 1
            state.match_maps[m, b] = np.uint32(p << 10 | n)
