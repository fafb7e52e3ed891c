"""What contents are, by their first bytes."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from neurocomp.bench.suite.units import Picture, Units, format_of, picture_of, units_of
from neurocomp.models.dalle.token_files import TokenSet, write_tokens
from tests.bench.suite.programs import png

JPEG = (
    b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0"
    b"\xff\xc4\0\x04ab"  # a table, whose marker is among those of frames
    b"\xff\xc2\0\x11" + struct.pack(">BHHB", 8, 30, 40, 3) + bytes(9)
)


def test_png() -> None:
    assert picture_of(png(8, 6)) == Picture("png", 8, 6, 3, 8)
    assert units_of(png(8, 6)) == Units("sub-pixel", 144)
    deep = bytearray(png())
    deep[24] = 16
    assert format_of(bytes(deep)) == "other"
    assert picture_of(png()[:20]) is None


def test_jpeg() -> None:
    assert picture_of(JPEG) == Picture("jpeg", 40, 30, 3, 8)
    assert format_of(JPEG) == "jpeg"
    for end in range(len(JPEG) - 10):
        assert picture_of(JPEG[:end]) is None


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"P6\n4 3\n255\n" + bytes(36), Picture("pnm", 4, 3, 3, 8)),
        (b"P5 # a comment\n4 3 255\n" + bytes(12), Picture("pnm", 4, 3, 1, 8)),
        (b"P5\n4 x\n", None),
        (b"P5\n4", None),
        (b"text", None),
        (b"", None),
    ],
)
def test_pnm(content: bytes, expected: Picture | None) -> None:
    assert picture_of(content) == expected
    assert format_of(content) == ("pnm" if expected else "other")


def test_token_files() -> None:
    grids = np.zeros((3, 2, 2), np.uint16)
    content = write_tokens(TokenSet((), grids, 16, bytes(32)))
    assert units_of(content) == Units("latent", 12)
    assert units_of(content[:-1]) == Units()
    assert units_of(b"text") == Units()
