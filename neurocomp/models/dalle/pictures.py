"""Pixels as PNG files, and captioned images as a folder or a WebDataset tar."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy import uint8
from numpy.typing import NDArray

from neurocomp import extras
from neurocomp.store.files import write_atomically

Pixels = NDArray[np.uint8]
"""Shape (N, height, width, 3)."""

_GAP = 2


def write_pictures(pixels: Pixels, folder: Path, columns: int) -> Path:
    """Write each picture as 0000.png and so on, and all of them as grid.png; return the latter.

    Args:
        pixels: pixels of the pictures.
        folder: a folder that exists.
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


Captioned = tuple[str, NDArray[uint8]]
"""A caption and an image (height, width, 3)."""


def write_folder(images: Iterable[Captioned], folder: Path) -> int:
    """Write 00000.png and 00000.txt and so on into ``folder``; return how many images."""
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    for name, content in _files(images):
        (folder / name).write_bytes(content)
        count += name.endswith(".png")
    return count


def write_tar(images: Iterable[Captioned], path: Path) -> int:
    """Write the same as one tar file, which is the same each time; return how many images."""
    stream = io.BytesIO()
    count = 0
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in _files(images):
            member = tarfile.TarInfo(name)  # of no owner, at time 0
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
            count += name.endswith(".png")
    write_atomically(path, stream.getvalue())
    return count


def _files(images: Iterable[Captioned]) -> Iterator[tuple[str, bytes]]:
    for number, (caption, pixels) in enumerate(images):
        yield f"{number:05}.png", png(pixels)
        yield f"{number:05}.txt", f"{caption}\n".encode()
