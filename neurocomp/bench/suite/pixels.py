"""Pictures as their pixels: compared, for coders that keep no more of a file, or coded."""

from __future__ import annotations

import io
from pathlib import Path

from neurocomp import extras


def same_pixels(first: Path, second: Path) -> bool:
    """Return whether two 8-bit pictures have the same size and pixels, transparent ones too.

    Raises:
        MissingPackageError: pillow is not installed.
        OSError: one of them is not a picture.
    """
    extras.require("comparing pictures", "bench", "PIL")
    from PIL import Image

    with Image.open(first) as one, Image.open(second) as other:
        if one.size != other.size:
            return False
        return one.convert("RGBA").tobytes() == other.convert("RGBA").tobytes()


def to_pnm(content: bytes) -> tuple[bytes, str]:
    """Return an 8-bit picture as a PPM file, or as PGM if it is grey, and the file's suffix.

    Transparency is left out.

    Raises:
        MissingPackageError: pillow is not installed.
        OSError: it is not a picture.
    """
    extras.require("decoding pictures", "bench", "PIL")
    from PIL import Image

    with Image.open(io.BytesIO(content)) as picture:
        is_grey = picture.mode == "L"
        pixels = picture.convert("L" if is_grey else "RGB")
    head = f"{'P5' if is_grey else 'P6'}\n{pixels.width} {pixels.height}\n255\n"
    return head.encode() + pixels.tobytes(), ".pgm" if is_grey else ".ppm"
