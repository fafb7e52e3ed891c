"""Which of the model's parameter sets suits a block."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

NUM_PROFILES = 2


def choose_profile(data: NDArray[np.uint8]) -> int:
    """Return 0 for text, 1 for binary data and tables of records.

    Args:
        data: the block, uint8, shape (n,).
    """
    sample = data[:65536]
    controls = np.count_nonzero((sample < 9) | ((sample > 13) & (sample < 32)))
    return int(controls * 50 > sample.size)
