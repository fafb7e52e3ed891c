"""The type of a content, from its first bytes, and its number of meaningful symbols."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from neurocomp.errors import FormatError
from neurocomp.explain.raster import pnm_header
from neurocomp.frame.constants import TOKEN_MAGIC
from neurocomp.models.dalle.token_files import read_tokens

SUB_PIXEL, LATENT, TOKEN = "sub-pixel", "latent", "token"

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Channels of each colour type; a palette's index counts as one."""

_SHALLOW_BITS = 8
_NO_FRAME = {0xC4, 0xC8, 0xCC}
"""JPEG markers among those of frames that begin none: tables and reserved."""


@dataclass(frozen=True)
class Units:
    """Symbols that sizes can be divided by.

    Attributes:
        unit: "sub-pixel", "latent" or "token"; empty where bytes are all there is.
        count: number of units.
    """

    unit: str = ""
    count: int = 0


@dataclass(frozen=True)
class Picture:
    """The shape of a picture, as its file's header says.

    Attributes:
        format: "png", "jpeg" or "pnm".
        width, height: size in pixels.
        channels: numbers of a pixel.
        bits: bits of each number.
    """

    format: str
    width: int
    height: int
    channels: int
    bits: int


def units_of(content: bytes) -> Units:
    """Return the sub-pixels of a picture or the latents of a token file; none for other content."""
    picture = picture_of(content)
    if picture is not None:
        return Units(SUB_PIXEL, picture.width * picture.height * picture.channels)
    if content.startswith(TOKEN_MAGIC):
        try:
            return Units(LATENT, int(read_tokens(content).grids.size))
        except FormatError:
            return Units()
    return Units()


def format_of(content: bytes) -> str:
    """Return "png", "jpeg" or "pnm" for a picture of at most 8 bits a number, else "other"."""
    picture = picture_of(content)
    shallow = picture is not None and picture.bits <= _SHALLOW_BITS
    return picture.format if picture is not None and shallow else "other"


def picture_of(content: bytes) -> Picture | None:
    """Return the shape of a PNG, JPEG or binary PNM picture; None for anything else."""
    if content.startswith(_PNG):
        return _png(content)
    if content.startswith(b"\xff\xd8\xff"):
        return _jpeg(content)
    return _pnm(content)


def _png(content: bytes) -> Picture | None:
    if len(content) < 26:
        return None
    width, height, bits, colour = struct.unpack_from(">IIBB", content, 16)
    channels = _PNG_CHANNELS.get(colour)
    return None if channels is None else Picture("png", width, height, channels, bits)


def _jpeg(content: bytes) -> Picture | None:
    position = 2
    while position + 9 <= len(content) and content[position] == 0xFF:
        marker, length = content[position + 1], int.from_bytes(content[position + 2 : position + 4])
        if 0xC0 <= marker <= 0xCF and marker not in _NO_FRAME:
            bits, height, width, channels = struct.unpack_from(">BHHB", content, position + 4)
            return Picture("jpeg", width, height, channels, bits)
        position += 2 + length
    return None


def _pnm(content: bytes) -> Picture | None:
    header = pnm_header(content)
    if header is None:
        return None
    bits = header.maximum.bit_length()
    return Picture("pnm", header.width, header.height, header.channels, bits)
