"""All of the model's state."""
from __future__ import annotations
from typing import NamedTuple
import mmap
import numpy as np
from . import layout as L
from .histories import FIRST_GUESS
from .tables import SQUASH, SQUASH_LIMIT

class MixState(NamedTuple):
    history: np.ndarray
    registers: np.ndarray
    hashes: np.ndarray
    slots: np.ndarray
    direct: np.ndarray
    nodes: np.ndarray
    history_maps: np.ndarray
    map_index: np.ndarray
    zero_map: np.ndarray
    match_heads: np.ndarray
    match_state: np.ndarray
    match_maps: np.ndarray
    inputs: np.ndarray
    weights: np.ndarray
    rows: np.ndarray
    set_outputs: np.ndarray
    final_weights: np.ndarray
    apms: np.ndarray
    last_seen: np.ndarray
    votes: np.ndarray
    followers: np.ndarray

def _zeros(shape, dtype):
    """Zeroed memory; large arrays lie in huge pages where the system has them."""
    dtype = np.dtype(dtype)
    count = int(np.prod(shape))
    num_bytes = count * dtype.itemsize
    if num_bytes < _HUGE_PAGE:
        raw = np.zeros(num_bytes + 64, np.uint8)
        start = -raw.ctypes.data % 64
    else:
        pages = mmap.mmap(-1, num_bytes + _HUGE_PAGE)
        if hasattr(mmap, "MADV_HUGEPAGE"):
            pages.madvise(mmap.MADV_HUGEPAGE)
        raw = np.frombuffer(pages, np.uint8)
        start = -raw.ctypes.data % _HUGE_PAGE
    return raw[start : start + num_bytes].view(dtype).reshape(shape)


_HUGE_PAGE = 1 << 21


def new_state(block_bytes, profile=0):
    bits = max(10, min(22, int(block_bytes * L.NUM_CONTEXTS * 2).bit_length()))-2
    lines = 1 << bits
    mbits = max(8, min(20, int(block_bytes).bit_length()))
    reg = np.zeros(L.NUM_REGISTERS, np.int64)
    reg[L.PARTIAL] = 1
    reg[L.NODE] = 1
    reg[L.SLOT_MASK] = lines - 1
    reg[L.MATCH_MASK] = (1 << mbits) - 1
    reg[L.PROFILE] = profile
    hm = np.empty((L.NUM_CONTEXTS, 256), np.uint32)
    hm[:] = (FIRST_GUESS.astype(np.uint32) << np.uint32(16))
    st = np.clip((np.arange(25) - 12) * 256, -SQUASH_LIMIT, SQUASH_LIMIT)
    line = SQUASH[st + SQUASH_LIMIT].astype(np.uint16)
    apms = _zeros((3 * 65536, 25), np.uint16)
    apms[:] = line
    w = _zeros((L.NUM_ROWS, L.NUM_INPUTS), np.int32)
    w[:, 0:L.FIRST_MATCH_INPUT:L.INPUTS_PER_CONTEXT] = L.W0
    w[:, L.FIRST_MATCH_INPUT:L.FIRST_EXTRA_INPUT:2] = L.W0
    return MixState(
        history=np.zeros(block_bytes + 16, np.uint8),
        registers=reg,
        hashes=np.zeros(L.NUM_CONTEXTS, np.uint64),
        slots=_zeros(lines * 64, np.uint8),
        direct=np.zeros(64, np.uint16),
        nodes=np.zeros(L.NUM_CONTEXTS, np.uint64),
        history_maps=hm.reshape(-1),
        map_index=np.zeros(L.NUM_CONTEXTS, np.int64),
        zero_map=np.full(65536, 1 << 31, np.uint32),
        match_heads=_zeros((L.NUM_MATCHES, 1 << mbits), np.int32),
        match_state=np.zeros((L.NUM_MATCHES, 4), np.int64),
        match_maps=np.full((L.NUM_MATCHES, 64), 3 << 30, np.uint32),
        inputs=np.zeros(L.NUM_INPUTS, np.int32),
        weights=w,
        rows=np.zeros(L.NUM_SETS, np.uint64),
        set_outputs=np.zeros((2, 8), np.int32),
        final_weights=np.full((256*8, 8), 65536 // L.NUM_SETS, np.int32),
        apms=apms,
        last_seen=np.zeros((256, 2), np.int64),
        votes=np.zeros(1024, np.int32),
        followers=np.zeros(65536 + 256, np.uint32),
    )
