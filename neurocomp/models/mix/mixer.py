from __future__ import annotations
import numpy as np
from numba import njit
from . import layout as L
from .tables import SQUASH, SQUASH_LIMIT
U = np.uint64
I = np.int32
NI = L.NUM_INPUTS
K = L.NUM_SETS
WLIM = (1 << 19) - 1

@njit(forceinline=True, _nrt=False)
def clamp(x, limit):
    return max(-limit, min(limit, x))

@njit(forceinline=True, _nrt=False)
def mix(state):
    x = state.inputs
    w = state.weights
    outs = state.set_outputs
    for k in range(K):
        r = state.rows[k]
        acc = I(0)
        for j in range(NI):
            acc = I(acc + I(I(x[j] * w[r, j]) >> I(8)))
        st = clamp(np.int64(acc) >> 8, 2047)
        outs[0, k] = st
        outs[1, k] = SQUASH[U(st + SQUASH_LIMIT)]
    row = U(state.registers[L.FINAL_ROW])
    total = 0
    for k in range(K):
        total += np.int64(outs[0, k]) * np.int64(state.final_weights[row, k])
    return clamp(total >> 16, SQUASH_LIMIT)

@njit(forceinline=True, _nrt=False)
def train(state, bit, mixed):
    x = state.inputs
    w = state.weights
    outs = state.set_outputs
    rate = state.registers[L.RATE]
    for k in range(K):
        r = state.rows[k]
        e = I((((bit << 16) - np.int64(outs[1, k])) * rate) >> 10)
        if e > L.SKIP or e < -L.SKIP:
            for j in range(NI):
                d = I(I(I(x[j] * e) + I(8192)) >> I(14))
                w[r, j] = max(I(-WLIM), min(I(WLIM), I(w[r, j] + d)))
    row = U(state.registers[L.FINAL_ROW])
    e = (bit << 16) - np.int64(SQUASH[U(mixed + SQUASH_LIMIT)])
    for k in range(K):
        v = np.int64(state.final_weights[row, k]) + ((np.int64(outs[0, k]) * e * L.FINAL_RATE + (1<<17)) >> 18)
        state.final_weights[row, k] = clamp(v, 1 << 20)
