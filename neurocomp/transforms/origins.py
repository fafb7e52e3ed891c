"""Where the bytes of rewritten content come from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from neurocomp.frame.constants import TRANSFORM_LINE_ENDS
from neurocomp.transforms import Step

Origins = NDArray[np.int64]
"""Shape (n + 1,): where in the content each byte of what was rewritten begins, and its size."""

_CR, _LF = 13, 10


def origins(steps: Sequence[Step], rewritten: bytes) -> Origins | None:
    """Return the offsets in the content of the bytes that ``steps`` made of it.

    None where these leave no bytes in their order.
    """
    if not steps:
        return np.arange(len(rewritten) + 1)
    if [number for number, _ in steps] == [TRANSFORM_LINE_ENDS]:
        return _of_line_ends(np.frombuffer(rewritten, np.uint8))
    return None


def _of_line_ends(data: NDArray[np.uint8]) -> Origins:
    """An LF after exactly one CR was an LF alone, one after none was CR LF: see `LineEnds`."""
    is_return, is_feed = data == _CR, data == _LF
    before = np.concatenate([[False], is_return[:-1]])
    before_that = np.concatenate([[False], before[:-1]])
    sizes = np.ones(data.size, np.int64)
    sizes[is_feed & ~before] = 2
    single = np.flatnonzero(is_feed & before & ~before_that)
    sizes[single - 1] = 0
    return np.concatenate([[0], np.cumsum(sizes)])
