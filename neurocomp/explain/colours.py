"""One scale of colours for costs, and one for differences, in pages, terminals and pictures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neurocomp.codec.trace import Bits

Palette = tuple[tuple[int, int, int], ...]

COST_STEPS = (0.25, 0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0)
"""Bits from which on a symbol has the next colour."""

COST_COLOURS: Palette = (
    (255, 255, 255),
    (255, 250, 224),
    (255, 242, 190),
    (255, 228, 145),
    (255, 208, 108),
    (254, 178, 84),
    (250, 141, 60),
    (236, 92, 44),
    (196, 34, 34),
    (122, 4, 44),
)
DARK_COSTS: tuple[int, ...] = (8, 9)
"""On these colours letters are white."""

DIFFERENCE_STEPS = (-6.0, -3.0, -1.0, -0.25, 0.25, 1.0, 3.0, 6.0)
"""Bits by which a symbol is cheaper than with the other model, from which on is the next colour."""

DIFFERENCE_COLOURS: Palette = (
    (178, 24, 43),
    (230, 110, 85),
    (247, 178, 150),
    (253, 224, 208),
    (255, 255, 255),
    (214, 232, 246),
    (150, 199, 228),
    (76, 150, 200),
    (25, 92, 160),
)
DARK_DIFFERENCES: tuple[int, ...] = (0, 8)

Levels = NDArray[np.uint8]


def cost_levels(bits: Bits) -> Levels:
    """Return the number of the colour of each cost."""
    return np.searchsorted(COST_STEPS, bits, side="right").astype(np.uint8)


def difference_levels(bits: Bits) -> Levels:
    """Return the number of the colour of each difference."""
    return np.searchsorted(DIFFERENCE_STEPS, bits, side="right").astype(np.uint8)


def cost_pixels(bits: Bits) -> NDArray[np.uint8]:
    """Return the colours of costs of any shape, uint8 (..., 3)."""
    return np.array(COST_COLOURS, np.uint8)[cost_levels(bits)]


def difference_pixels(bits: Bits) -> NDArray[np.uint8]:
    """Return the colours of differences of any shape, uint8 (..., 3)."""
    return np.array(DIFFERENCE_COLOURS, np.uint8)[difference_levels(bits)]
