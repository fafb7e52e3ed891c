"""What only the one who decodes can check of a frame."""

from __future__ import annotations

from neurocomp.errors import ChecksumError
from neurocomp.frame.reader import FrameEnd


def check_content(end: FrameEnd, checksum: int) -> None:
    """Raise ChecksumError unless the decoded content of a frame has the CRC-32 that it records."""
    if end.trailer is not None and end.trailer.content_checksum != checksum:
        raise ChecksumError("the content does not have the checksum that the frame records")
