"""What files of strangers may cost: read before anything is allocated for them.

A source of images may come from anywhere, and a small file may claim to be, or unpack to, a large
one.  Beyond these limits an image is left out, with the reason, and a tar or a table is refused.
"""

from __future__ import annotations

import stat
from pathlib import Path

from neurocomp.errors import FormatError

MAX_PIXELS = 1 << 26
"""Of one image, 8192 x 8192: up to 1.1 GB while it is decoded, where it is transparent."""

MAX_IMAGE_BYTES = 1 << 27
"""Of one image file."""

MAX_CAPTION_BYTES = 1 << 20
MAX_LINE_BYTES = 1 << 22
"""Of a line of a table."""

MAX_TOTAL_BYTES = 1 << 33
"""Of all images of a source together, once they are of one size."""

MAX_MEMBERS = 1 << 20
"""Of a tar file."""

UNPACKED_BYTES, UNPACKED_TIMES = 1 << 26, 200
"""A compressed tar may unpack to so many bytes, and so many times its size on top: images hardly
shrink, and captions some ten times."""


class UnusableImageError(Exception):
    """Why an image is left out; never leaves this package."""


def read_file(path: Path, limit: int, what: str) -> bytes:
    """Return the content of a regular file of at most ``limit`` bytes.

    Args:
        path: the file; a device or a pipe, whose reading might never end, is not read.
        limit: in bytes.
        what: of what, for the message.

    Raises:
        UnusableImageError: it is larger, or no regular file.
        OSError, ValueError: it cannot be read, or its name not be one.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise UnusableImageError("not a regular file")
    with path.open("rb") as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise UnusableImageError(f"{what} of more than {limit} bytes")
    return content


def require_total(num_bytes: int) -> None:
    """Raise FormatError where images take more memory together than a source may."""
    if num_bytes > MAX_TOTAL_BYTES:
        raise FormatError(
            f"its images take more than {MAX_TOTAL_BYTES >> 30} GiB at this size: take a smaller "
            "--size, or make several sources of it"
        )
