"""Which contexts suit a block; the encoder chooses, the frame says what was chosen."""

from __future__ import annotations

import numpy as np

from neurocomp.frame.constants import VARIANT_DATA, VARIANT_TEXT

TEXT, BINARY = VARIANT_TEXT, VARIANT_DATA
NUM_PROFILES = 2

_SAMPLE_BYTES = 1 << 16
_MAX_CONTROL_SHARE = 10  # terminal logs have a few, binary data a tenth and more


def choose_profile(data: np.ndarray) -> int:
    """TEXT or BINARY for a block of bytes, uint8 (n,): text has next to no control characters."""
    sample = data[:_SAMPLE_BYTES]
    control = np.count_nonzero((sample < 9) | ((sample > 13) & (sample < 32)))
    return BINARY if control * _MAX_CONTROL_SHARE > len(sample) else TEXT
