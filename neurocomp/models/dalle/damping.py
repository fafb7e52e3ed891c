"""How far a prior is trusted: codes' logits times a factor, which the writer of a set chooses.

A prior that has seen its training images many times is too sure of itself; C. Guo et al., On
calibration of modern neural networks, 2017 (temperature scaling).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neurocomp.exact import TOTAL, Symbols
from neurocomp.models.dalle.network import Logits, PriorNetwork
from neurocomp.symbols.records import NUM_DAMPINGS

SHARE = 16
MIN_IMAGES, MAX_IMAGES = 32, 256
MAX_LOGITS = 1 << 24
"""One image of ``SHARE`` chooses the damping of a set, of so many images and logits."""

Bits = NDArray[np.float64]


def damped(logits: Logits, damping: int) -> Logits:
    """Return the logits times ``1 - damping / NUM_DAMPINGS``, rounded down."""
    factor = NUM_DAMPINGS - damping
    return (logits.astype(np.int64) * factor // NUM_DAMPINGS).astype(np.int32)


def chosen_frequencies(network: PriorNetwork, logits: Logits, symbols: Symbols) -> Symbols:
    """Return the frequencies of ``symbols`` (...) under logits (..., V)."""
    flat = np.ascontiguousarray(logits.reshape(-1, logits.shape[-1]))
    tables = network.frequencies(flat)
    return tables[np.arange(len(tables)), symbols.reshape(-1)].reshape(symbols.shape)


def code_lengths(network: PriorNetwork, logits: Logits, symbols: Symbols) -> Bits:
    """Return the code lengths of ``symbols`` (...) under logits (..., V), in bits."""
    bits: Bits = -np.log2(chosen_frequencies(network, logits, symbols) / TOTAL)
    return bits


def choose_damping(network: PriorNetwork, rows: Symbols, codes: Symbols) -> int:
    """Return the damping under which the codes of a set's images take the fewest bits.

    Floats may choose, for a set says what was chosen; a reader computes none of this.

    Args:
        network: of the prior.
        rows: `PriorShape.text_rows` of the images.
        codes: of the images in raster order, int32 (images, codes).
    """
    most = max(MAX_LOGITS // (codes.shape[1] * network.shape.records.num_codes), 1)
    count = min(len(codes), max(len(codes) // SHARE, MIN_IMAGES), MAX_IMAGES, most)
    if not count:
        return 0
    numbers = np.arange(count) * len(codes) // count
    rows, codes = rows[numbers], codes[numbers]
    symbols = np.concatenate([rows, codes[:, :-1] + network.shape.first_code], axis=1)
    logits = network.all_logits(symbols)[1]
    best, least = 0, float("inf")
    # The length is convex in the factor, so the first that is longer ends the search.
    for damping in range(NUM_DAMPINGS):
        length = float(code_lengths(network, damped(logits, damping), codes).sum())
        if length >= least:
            break
        best, least = damping, length
    return best
