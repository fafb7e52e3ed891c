"""What a damaged stream of frames is made of."""

from __future__ import annotations

from dataclasses import dataclass

from neurocomp.frame.block import BlockPlace
from neurocomp.frame.header import FrameHeader


@dataclass(frozen=True)
class SoundBlock:
    """A block whose stored checksum is right."""

    header: FrameHeader
    header_checksum: int
    place: BlockPlace


@dataclass(frozen=True)
class Loss:
    """Content that is lost.

    Attributes:
        content_bytes: how much; None where nothing tells, 0 where no content is known to be lost,
            but the stream is damaged.
        reason: what is wrong there.
    """

    content_bytes: int | None
    reason: str


@dataclass(frozen=True)
class Doubt:
    """Sound blocks that need not be what was written in their places: the frame's last pieces.

    Attributes:
        content_bytes: what these blocks decode to.
        reason: why.
    """

    content_bytes: int
    reason: str


Piece = SoundBlock | Loss | Doubt
