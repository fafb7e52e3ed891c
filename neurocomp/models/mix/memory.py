"""Zeroed memory for the model's tables."""

from __future__ import annotations

import math
import mmap

import numpy as np

_CACHE_LINE = 64
_HUGE_PAGE = 1 << 21


def zeros(shape: int | tuple[int, ...], dtype: type) -> np.ndarray:
    """An array of zeros that starts at a cache line.

    A large one lies in huge pages where the system has them: the tables are read at random, and
    with small pages most reads miss the TLB.  Pages are given out when they are first touched.
    """
    item_bytes = np.dtype(dtype).itemsize
    num_bytes = item_bytes * (shape if isinstance(shape, int) else math.prod(shape))
    if num_bytes < _HUGE_PAGE:
        raw, alignment = np.zeros(num_bytes + _CACHE_LINE, np.uint8), _CACHE_LINE
    else:
        pages = mmap.mmap(-1, num_bytes + _HUGE_PAGE)
        if hasattr(mmap, "MADV_HUGEPAGE"):
            pages.madvise(mmap.MADV_HUGEPAGE)
        raw, alignment = np.frombuffer(pages, np.uint8), _HUGE_PAGE
    start = -raw.ctypes.data % alignment
    return raw[start : start + num_bytes].view(dtype).reshape(shape)
