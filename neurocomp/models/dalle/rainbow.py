"""The rainbow set: captioned shapes in every combination, drawn the same on every machine.

After the data of P. Wang's DALLE-pytorch notebook, drawn by this module.  Coordinates are
integers of 1/16 pixel; a pixel's coverage counts 8 x 8 points of it, and colours are mixed in
integers.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import cache

import numpy as np
from numpy.typing import NDArray

SIDE = 32
POINTS = 8
"""Points across a pixel."""
SHAPES = ("circle", "square", "triangle", "diamond", "cross", "star", "heart", "moon")
FILLS = ("solid", "hollow", "striped", "dotted")
SIZES = {"small": 7, "large": 10}
"""Half of a shape's width in pixels."""
POSITIONS = {
    "at the top left": (-5, -5),
    "at the top right": (5, -5),
    "at the bottom left": (-5, 5),
    "at the bottom right": (5, 5),
}
COLOURS = {
    "red": (214, 32, 40),
    "orange": (247, 132, 16),
    "yellow": (250, 212, 28),
    "lime": (150, 210, 40),
    "green": (20, 140, 60),
    "teal": (20, 150, 150),
    "blue": (28, 72, 204),
    "purple": (120, 40, 170),
    "magenta": (216, 36, 150),
    "brown": (124, 72, 32),
    "black": (16, 16, 20),
    "white": (255, 255, 255),
}
GROUNDS = {
    "sand": ((236, 220, 180), (150, 124, 84)),
    "sky": ((210, 232, 250), (84, 130, 190)),
    "mist": ((228, 228, 232), (112, 112, 124)),
}
"""Colours of the background from its top left to its bottom right."""
NUM_IMAGES = len(SHAPES) * len(COLOURS) * len(FILLS) * len(SIZES) * len(POSITIONS) * len(GROUNDS)

Mask = NDArray[np.bool_]


def rainbow() -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """Yield all captions with their images, (32, 32, 3) uint8, in a fixed order."""
    for size, fill, colour, shape, position, ground in itertools.product(
        SIZES, FILLS, COLOURS, SHAPES, POSITIONS, GROUNDS
    ):
        caption = f"a {size} {fill} {colour} {shape} {position} on {ground}"
        yield caption, draw(size, fill, colour, shape, position, ground)


def draw(
    size: str, fill: str, colour: str, shape: str, position: str, ground: str
) -> NDArray[np.uint8]:
    """Return the image of one combination, (32, 32, 3) uint8."""
    right, down = POSITIONS[position]
    cover = np.roll(_coverage(shape, size, fill), (down, right), axis=(0, 1))[..., None]
    behind, full = _gradient(ground), POINTS * POINTS
    mixed = behind * (full - cover) + np.array(COLOURS[colour]) * cover
    drawn: NDArray[np.uint8] = ((mixed + full // 2) // full).astype(np.uint8)
    return drawn


@cache
def _gradient(ground: str) -> NDArray[np.int64]:
    first, last = (np.array(colour) for colour in GROUNDS[ground])
    row, column = np.mgrid[:SIDE, :SIDE]
    share = (row + column)[..., None]
    steps = 2 * (SIDE - 1)
    mixed: NDArray[np.int64] = (first * (steps - share) + last * share + steps // 2) // steps
    return mixed


@cache
def _coverage(shape: str, size: str, fill: str) -> NDArray[np.int64]:
    """Return the number of coloured points of each pixel, with the shape in the middle."""
    radius = SIZES[size] * POINTS
    # Odd numbers: points lie in the middle of their squares, none on an axis.
    axis = 2 * np.arange(SIDE * POINTS) + 1 - SIDE * POINTS
    x, y, size2 = axis[None, :], axis[:, None], 2 * radius
    inside = _shape(shape, x, y, size2)
    if fill == "hollow":
        inside &= ~_shape(shape, x, y, size2 - 6 * POINTS)
    elif fill == "striped":
        inside &= (y + size2) % (8 * POINTS) < 5 * POINTS
    elif fill == "dotted":
        period = 8 * POINTS
        across, along = (x % period) - period // 2, (y % period) - period // 2
        inside &= across * across + along * along > (5 * POINTS // 2) ** 2
    counts: NDArray[np.int64] = inside.reshape(SIDE, POINTS, SIDE, POINTS).sum((1, 3))
    return counts


def _shape(name: str, x: NDArray[np.int64], y: NDArray[np.int64], r: int) -> Mask:
    """Return which points are in the shape of half width ``r`` around the origin."""
    if name == "circle":
        return x * x + y * y < r * r
    if name == "square":
        return (10 * abs(x) < 9 * r) & (10 * abs(y) < 9 * r)
    if name == "triangle":
        return (10 * y < 9 * r) & (2 * abs(x) < y + r)
    if name == "diamond":
        return abs(x) + abs(y) < r
    if name == "cross":
        return ((3 * abs(x) < r) & (abs(y) < r)) | ((3 * abs(y) < r) & (abs(x) < r))
    if name == "star":  # a square and another on its corner
        upright = (10 * abs(x) < 7 * r) & (10 * abs(y) < 7 * r)
        return upright | (abs(x) + abs(y) < r)
    if name == "heart":  # two circles above a triangle
        left, right = x + r // 2, x - r // 2
        up = y + r // 3
        lobes = (4 * (left * left + up * up) < r * r) | (4 * (right * right + up * up) < r * r)
        return lobes | ((3 * y >= -r) & (4 * abs(x) < 3 * (r - y)) & (abs(x) < r))
    away = x - r // 2
    return (x * x + y * y < r * r) & (25 * (away * away + y * y) > 16 * r * r)
