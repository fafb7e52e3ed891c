"""Pixels as PNG files, one by one and side by side."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neurocomp import extras
from neurocomp.models.files import write_atomically

Pixels = NDArray[np.uint8]
"""Shape (N, height, width, 3)."""

_GAP = 2


def write_pictures(pixels: Pixels, folder: Path, columns: int) -> Path:
    """Write each picture as 0000.png and so on, and all of them as grid.png; return the latter.

    Args:
        pixels: of the pictures.
        folder: exists.
        columns: pictures in a row of the grid.
    """
    for number, picture in enumerate(pixels):
        write_atomically(folder / f"{number:04}.png", png(picture))
    target = folder / "grid.png"
    write_atomically(target, png(side_by_side(pixels, columns)))
    return target


def side_by_side(pixels: Pixels, columns: int) -> NDArray[np.uint8]:
    """Return the pictures in rows of ``columns``, (height, width, 3), on white."""
    count, height, width = pixels.shape[:3]
    rows = -(-count // columns)
    size = (rows * (height + _GAP) + _GAP, columns * (width + _GAP) + _GAP, 3)
    sheet = np.full(size, 255, np.uint8)
    for number, picture in enumerate(pixels):
        row, column = divmod(number, columns)
        top, left = row * (height + _GAP) + _GAP, column * (width + _GAP) + _GAP
        sheet[top : top + height, left : left + width] = picture
    return sheet


def png(picture: NDArray[np.uint8]) -> bytes:
    """Return a picture (height, width, 3) as a PNG file."""
    extras.require("reading and writing images", "dalle", "PIL")
    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(picture, "RGB").save(stream, "PNG")
    return stream.getvalue()
