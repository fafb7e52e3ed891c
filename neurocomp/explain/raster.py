"""Uncompressed pictures, whose bytes are their pixels: where each lies in the file."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_GAP = rb"(?:\s|#[^\r\n]*[\r\n])+"
_PNM = re.compile(rb"P[56]" + _GAP + rb"(\d{1,9})" + _GAP + rb"(\d{1,9})" + _GAP + rb"(\d{1,5})\s")
_PNM_HEADER_BYTES = 1024

_BMP = struct.Struct("<2s8xIIiiHHI")
_BMP_PLANES = {24: ("blue", "green", "red"), 32: ("blue", "green", "red", "alpha")}
_BMP_HEADER_BYTES = 40

_GREY = ("grey",)
_RGB = ("red", "green", "blue")
_HEADER, _REST = "header", "other bytes"


@dataclass(frozen=True)
class PnmHeader:
    """The header of a binary PGM or PPM file.

    Attributes:
        width, height: size in pixels.
        channels: numbers of a pixel, 1 or 3.
        maximum: largest value of a number.
        start: offset of the first pixel.
    """

    width: int
    height: int
    channels: int
    maximum: int
    start: int


@dataclass(frozen=True)
class Raster:
    """The layout of a picture with a byte for each number of a pixel.

    Attributes:
        width, height: size in pixels.
        planes: names of a pixel's numbers, in the order of the file.
        start: offset of the first row in the file.
        row_bytes: size of a row, padding included.
        is_bottom_up: whether the file's first row is the picture's last.
    """

    width: int
    height: int
    planes: tuple[str, ...]
    start: int
    row_bytes: int
    is_bottom_up: bool = False

    def arrange(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return the values of the file's bytes, (n,), as (height, width, planes), top row first.

        The result is a view of ``values``.
        """
        depth = len(self.planes)
        rows = values[self.start : self.start + self.height * self.row_bytes]
        rows = rows.reshape(self.height, self.row_bytes)[:, : self.width * depth]
        picture = rows.reshape(self.height, self.width, depth)
        return picture[::-1] if self.is_bottom_up else picture

    def pixels(self, content: bytes) -> NDArray[np.uint8]:
        """Return the picture itself, red, green and blue, uint8 (height, width, 3)."""
        picture = self.arrange(np.frombuffer(content, np.uint8))
        channels = [self.planes.index(name) if name in self.planes else 0 for name in _RGB]
        return np.ascontiguousarray(picture[:, :, channels])

    def kinds(self, content: bytes) -> tuple[tuple[str, ...], NDArray[np.uint8]]:
        """Return names of kinds, and the number of each byte's kind, uint8 (n,)."""
        names = (_HEADER, _REST, *(f"{plane} plane" for plane in self.planes))
        numbers = np.ones(len(content), np.uint8)
        numbers[: self.start] = 0
        self.arrange(numbers)[:] = 2 + np.arange(len(self.planes), dtype=np.uint8)
        return names, numbers


def raster_of(content: bytes) -> Raster | None:
    """Return the layout of a picture with 8 bits for each number; None for any other content.

    Known are binary PGM and PPM, and BMP with 24 or 32 bits for each pixel.  The file must have
    all of its rows.
    """
    found = _of_bmp(content) if content.startswith(b"BM") else _of_pnm(content)
    if found is None or not found.width or not found.height:
        return None
    return found if found.start + found.height * found.row_bytes <= len(content) else None


def tile_sums(grid: NDArray[np.float64], side: int) -> NDArray[np.float64]:
    """Return sums of a grid (height, width) over squares of ``side`` cells, cut at its edges."""
    rows, columns = (np.arange(0, size, side) for size in grid.shape)
    sums: NDArray[np.float64] = np.add.reduceat(
        np.add.reduceat(grid, rows, axis=0), columns, axis=1
    )
    return sums


def tile_means(grid: NDArray[np.float64], side: int) -> NDArray[np.float64]:
    """Return means of a grid (height, width) over the same squares."""
    return tile_sums(grid, side) / tile_sums(np.ones(grid.shape), side)


def tile_side(shape: tuple[int, ...], max_tiles: int) -> int:
    """Return the smallest side of tiles of which at most ``max_tiles`` are in a row or column."""
    return -(-max(shape) // max_tiles)


def pnm_header(content: bytes) -> PnmHeader | None:
    """Return the header of a binary PGM or PPM file; None for any other content."""
    match = _PNM.match(content[:_PNM_HEADER_BYTES])
    if match is None:
        return None
    width, height, maximum = map(int, match.groups())
    return PnmHeader(width, height, 3 if content[1:2] == b"6" else 1, maximum, match.end())


def _of_pnm(content: bytes) -> Raster | None:
    header = pnm_header(content)
    if header is None or not 0 < header.maximum <= 0xFF:
        return None
    planes = _RGB if header.channels == len(_RGB) else _GREY
    size = header.width * header.channels
    return Raster(header.width, header.height, planes, header.start, size)


def _of_bmp(content: bytes) -> Raster | None:
    if len(content) < _BMP.size:
        return None
    _, start, size, width, height, _, bits, compression = _BMP.unpack_from(content)
    if size < _BMP_HEADER_BYTES or compression or bits not in _BMP_PLANES or width < 0:
        return None
    row_bytes = (width * bits + 31) // 32 * 4
    return Raster(width, abs(height), _BMP_PLANES[bits], start, row_bytes, height > 0)
