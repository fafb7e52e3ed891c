from __future__ import annotations
import numpy as np
from numba import njit
from . import layout as L
U = np.uint64

@njit(forceinline=True, _nrt=False)
def h2(a, b):
    v = (a ^ (b * U(0xD6E8FEB86659FD93))) * U(0x9E3779B97F4A7C15)
    return v ^ (v >> U(31))

@njit(forceinline=True, _nrt=False)
def byte_at(hist, i):
    return U(hist[U(i)]) if i >= 0 else U(0)

@njit(forceinline=True, _nrt=False)
def set_contexts(state):
    reg = state.registers
    hist = state.history
    out = state.hashes
    pos = reg[L.POSITION]
    c8 = U(0)
    for k in range(8):
        c8 = c8 | (byte_at(hist, pos - 1 - k) << U(8 * k))
    c1 = c8 & U(255)
    c2 = (c8 >> U(8)) & U(255)
    c3 = (c8 >> U(16)) & U(255)
    c = np.int64(c1)
    lower = c
    if 65 <= c <= 90:
        lower = c + 32
    letter = (97 <= lower <= 122) or c >= 128
    word = U(reg[L.WORD])
    if letter:
        word = h2(word + U(1), U(lower))
    elif word != U(0):
        reg[L.WORD_BEFORE] = reg[L.LAST_WORD]
        reg[L.LAST_WORD] = np.int64(word)
        word = U(0)
    reg[L.WORD] = np.int64(word)
    if letter:
        cls = 1 if c != lower else 0
    elif c == 32:
        cls = 2
    elif c == 10:
        cls = 3
    elif 48 <= c <= 57:
        cls = 4
    elif c < 32:
        cls = 5
    elif c == 44 or c == 46 or c==59 or c==58 or c==33 or c==63:
        cls = 6
    else:
        cls = 7
    reg[L.CLASSES] = ((reg[L.CLASSES] << 3) | cls) & 0xFFFFFF
    if c == 10:
        reg[L.LINE_ABOVE] = reg[L.LINE_START]
        reg[L.LINE_START] = pos
    last = U(reg[L.LAST_WORD])
    before = U(reg[L.WORD_BEFORE])
    column = min(pos - reg[L.LINE_START], 255)
    above_at = reg[L.LINE_ABOVE] + column
    above = byte_at(hist, above_at) if above_at < reg[L.LINE_START] else U(10)

    # indirect: which bytes followed this one and this pair
    fol = state.followers
    if pos > 1:
        i1 = c2
        fol[i1] = (fol[i1] << np.uint32(8)) | np.uint32(c1)
        if pos > 2:
            i2 = U(256) + ((c2 | (c3 << U(8))) & U(65535))
            fol[i2] = (fol[i2] << np.uint32(8)) | np.uint32(c1)
    f1 = U(fol[c1])
    f2 = U(fol[U(256) + (c1 | c2 << U(8))])

    # record length
    seen = state.last_seen
    gap = pos - seen[c1, 0]
    if gap == seen[c1, 1] and 2 < gap < 1024:
        state.votes[U(gap)] += 1
        if state.votes[U(gap)] > state.votes[U(reg[L.RECORD])]:
            reg[L.RECORD] = gap
    seen[c1, 1] = gap
    seen[c1, 0] = pos
    if pos & 4095 == 0:
        for k in range(1024):
            state.votes[k] >>= 1
    r = reg[L.RECORD]
    up = byte_at(hist, pos - r) if r > 0 else U(0)
    up2 = byte_at(hist, pos - 2 * r) if r > 0 else U(0)
    upleft = byte_at(hist, pos - r - 1) if r > 0 else U(0)
    upright = byte_at(hist, pos - r + 1) if r > 0 else U(0)
    col = U(pos % r) if r > 0 else U(0)

    B = U(0xFFFFFFFFFFFFFFFF)
    if reg[L.PROFILE] == 0:
        out[0] = h2(U(1), c1)
        out[1] = h2(U(2), c8 & U(0xFFFF))
        out[2] = h2(U(3), c8 & U(0xFFFFFF))
        out[3] = h2(U(4), c8 & U(0xFFFFFFFF))
        out[4] = h2(U(5), c8 & U(0xFFFFFFFFFF))
        out[5] = h2(U(6), c8 & U(0xFFFFFFFFFFFF))
        out[6] = h2(U(7), c8)
        out[7] = h2(word + U(8), U(8))
        out[8] = h2(h2(word + U(9), last), c1)
        out[9] = h2(h2(word + U(10), before), last)
        out[10] = h2(word + U(11), before)
        out[11] = h2(U(12), c8 & U(0xFFFF00))
        out[12] = h2(U(13), c8 & U(0xFFFFFF00))
        out[13] = h2(U(14), c8 & U(0xF0F0F0FF))
        out[14] = h2(U(15), c1 | (f1 & U(0xFFFF)) << U(8))
        out[15] = h2(U(16), (c8 & U(0xFFFF)) | (f2 & U(0xFFFF)) << U(16))
        out[16] = h2(h2(U(17), above | c1 << U(8)), U(column))
        out[17] = h2(h2(U(18), above), word)
        out[18] = h2(U(19), up | c1 << U(8) | U(r) << U(16))
        out[19] = h2(h2(U(20), U(reg[L.CLASSES])), c1)
    else:
        out[0] = h2(U(1), c1)
        out[1] = h2(U(2), c8 & U(0xFFFF))
        out[2] = h2(U(3), c8 & U(0xFFFFFF))
        out[3] = h2(U(4), c8 & U(0xFFFFFFFF))
        out[4] = h2(U(5), c8 & U(0xFFFFFFFFFFFF))
        out[5] = h2(U(6), c8 & U(0xFF00))
        out[6] = h2(U(7), c8 & U(0xFF0000))
        out[7] = h2(U(8), c8 & U(0xFFFF00))
        out[8] = h2(U(9), c8 & U(0xFF00FF))
        out[9] = h2(U(10), c8 & U(0xFF000000))
        out[10] = h2(U(11), c8 & U(0xF0F0F0F0))
        out[11] = h2(U(12), up | col << U(8))
        out[12] = h2(U(13), up | c1 << U(8))
        out[13] = h2(U(14), up | up2 << U(8))
        out[14] = h2(U(15), c1 | col << U(8))
        out[15] = h2(U(16), up | c1 << U(8) | upleft << U(16))
        out[16] = h2(U(17), (up + c1 - upleft) & U(255))
        out[17] = h2(U(18), col)
        out[18] = h2(U(19), up | upright << U(8) | c1 << U(16))
        out[19] = h2(U(20), (c8 & U(0xFFFF)) | (f2 & U(0xFFFF)) << U(16))
