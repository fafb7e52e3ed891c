"""Pictures compared by their pixels, for coders that keep no more of a file."""

from __future__ import annotations

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
