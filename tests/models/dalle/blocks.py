"""Captioned grids that a tiny prior learns in seconds, and that prior."""

from __future__ import annotations

from typing import Any

import numpy as np

from neurocomp.models.dalle.prior import PriorConfig
from neurocomp.models.dalle.token_files import TokenSet
from neurocomp.models.dalle.training.config import PriorDataConfig, PriorTrainingConfig
from neurocomp.training.config import OptimizerConfig, RunConfig

NUM_CODES = 12
AUTOENCODER = bytes(range(32))
NO_GRIDS = np.zeros((0, 0, 0), np.uint16)
COLOURS = ("red", "green", "blue")
PLACES = {
    "left": (slice(None), slice(0, 2)),
    "right": (slice(None), slice(2, 4)),
    "top": (slice(0, 2), slice(None)),
    "bottom": (slice(2, 4), slice(None)),
}
BITS_OF_AN_IMAGE = 8 * np.log2(3) + 1
"""Given its caption: half of the codes are one of three, the others one of two, all alike."""


def blocks(count: int, seed: int = 0) -> TokenSet:
    """Return 4 x 4 grids of noise with a block of one code, told by their captions."""
    rng = np.random.default_rng(seed)
    captions, grids = [], []
    for _ in range(count):
        colour, place = int(rng.integers(3)), str(rng.choice(list(PLACES)))
        grid = rng.integers(0, 3, (4, 4))
        grid[PLACES[place]] = 3 + 3 * colour + rng.integers(0, 2)
        captions.append(f"a {COLOURS[colour]} block {place}")
        grids.append(grid)
    return TokenSet(tuple(captions), np.array(grids, np.uint16), NUM_CODES, AUTOENCODER)


def tiny_config(steps: int = 150, **run: Any) -> PriorTrainingConfig:
    """Return a training of seconds."""
    return PriorTrainingConfig(
        RunConfig(
            **{"steps": steps, "micro_batch": 32, "validate_every": 1000, "log_every": 1, **run}
        ),
        PriorConfig(width=32, num_blocks=3, num_heads=2, text_length=10, vocabulary=280, kernel=3),
        PriorDataConfig(batch=32, validation_images=100),
        OptimizerConfig(rate=5e-3),
    )
