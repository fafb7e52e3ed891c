"""Finds the end of a frame whose header, or first block's head, is damaged.

It is lost, but what lies within it is content, whatever it looks like.
"""

from __future__ import annotations

import io
import zlib
from bisect import bisect_left
from dataclasses import dataclass

from neurocomp.errors import FormatError
from neurocomp.frame import constants
from neurocomp.frame.block import BlockPlace, Method
from neurocomp.frame.block_reader import read_block_head
from neurocomp.frame.header import FrameHeader, HeadLayout
from neurocomp.frame.landmarks import FoundBlock, FoundHeader, Landmarks
from neurocomp.frame.source import ByteSource


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
        content_bytes: size of the lost content; None if unknown, 0 where no content is known to be
            lost, but the stream is damaged.
        reason: description of the damage.
    """

    content_bytes: int | None
    reason: str


@dataclass(frozen=True)
class Doubt:
    """Sound blocks that need not be what was written in their places: the frame's last pieces.

    Attributes:
        content_bytes: size of the decoded content of these blocks.
        reason: why.
    """

    content_bytes: int
    reason: str


Piece = SoundBlock | Loss | Doubt


_HEADER_SIZES = range(8, 64)
"""Sizes of headers without long extensions."""

_LAYOUTS = (HeadLayout(0, constants.MAX_MODELS), HeadLayout(1, constants.MAX_MODELS))
"""Layouts of an unknown header: only whether its symbols are bytes matters."""

_MAX_GUESSED_BLOCKS = 1 << 12
_MAX_ENDS = 1 << 12

_MENDED_BYTES = 12
_MAX_MENDED = 64
"""Heads that are mended byte by byte, at a fifth of a second each."""


@dataclass(frozen=True)
class Extent:
    """Size of a frame's content, and the offset where the frame ends."""

    content_bytes: int
    end: int


class ExtentFinder:
    """Finds extents.

    Args:
        landmarks: landmarks of the stream.
    """

    def __init__(self, landmarks: Landmarks) -> None:
        self._landmarks = landmarks
        self._num_mended = 0

    def of(self, start: int, found: FoundHeader | None) -> Extent | None:
        """Return the extent of the frame at ``start``; None if unknown.

        Args:
            start: position of its first byte.
            found: header of the frame, if one can be read there.
        """
        extent = None if found is None else self._of_stored_block(start + found.num_bytes)
        return extent or self._of_unknown_header(start)

    def mended_block(self, offset: int, found: FoundHeader) -> FoundBlock | None:
        """Return the block at ``offset`` as it was before one byte of its head was damaged.

        Each value of each byte is tried: the stored checksum tells which is right.
        """
        if self._num_mended == _MAX_MENDED:
            return None
        self._num_mended += 1
        head = self._landmarks.bytes_at(offset, constants.MAX_BLOCK_HEAD_BYTES)
        for at in range(min(_MENDED_BYTES, len(head))):
            for value in range(256):
                mended = head[:at] + bytes([value]) + head[at + 1 :]
                block = self._block_of(offset, mended, found)
                if block is not None:
                    return block
        return None

    def _block_of(self, offset: int, head: bytes, found: FoundHeader) -> FoundBlock | None:
        """Return the block at ``offset`` if it would be sound with this head."""
        source = ByteSource(io.BytesIO(head))
        try:
            block = read_block_head(source, found.header.layout)
        except FormatError:
            return None
        start = offset + source.offset
        stop = start + block.payload_bytes
        end = stop + constants.CHECKSUM_BYTES
        if end > self._landmarks.end:
            return None
        before = zlib.crc32(head[: source.offset], found.checksum)
        if self._landmarks.checksum_at(stop) != self._landmarks.checksums.of(start, stop, before):
            return None
        return FoundBlock(block, BlockPlace(offset, end - offset, block.decoded_bytes), False)

    def _of_stored_block(self, offset: int) -> Extent | None:
        """Try each frame after it, and the stream's end: the content's checksum tells."""
        frames = self._landmarks.frames
        for size_bytes in range(1, constants.MAX_VARINT_BYTES):
            start = offset + 1 + size_bytes + constants.CHECKSUM_BYTES
            checksum = self._landmarks.checksum_at(start - constants.CHECKSUM_BYTES)
            first = bisect_left(frames, start + constants.CHECKSUM_BYTES + 1)
            for end in (*frames[first : first + _MAX_ENDS], self._landmarks.end):
                stop = end - constants.CHECKSUM_BYTES
                if stop > start and self._landmarks.checksums.of(start, stop) == checksum:
                    return Extent(stop - start, end)
        return None

    def _of_unknown_header(self, start: int) -> Extent | None:
        """Try all sizes of headers: heads of blocks lead to the frame's end."""
        for header_bytes in _HEADER_SIZES:
            if self._landmarks.is_frame(start + header_bytes - _HEADER_SIZES.start + 1):
                return None  # something was put before a frame
            for layout in _LAYOUTS:
                extent = self._of_blocks(start + header_bytes, layout)
                if extent is not None:
                    return extent
        return None

    def _of_blocks(self, offset: int, layout: HeadLayout) -> Extent | None:
        content_bytes = 0
        for _ in range(_MAX_GUESSED_BLOCKS):
            try:
                block = self._landmarks.block_at(offset, layout, 0)
            except FormatError:
                return None
            if block.head.method is Method.STORED and not self._is_stored(block):
                return None
            content_bytes += block.place.decoded_bytes
            offset = block.end
            if block.head.is_last and block.head.has_trailer:
                trailer = self._landmarks.trailer_at(offset)
                return None if trailer is None else Extent(content_bytes, trailer.end)
            if block.head.is_last:
                is_end = self._landmarks.frame_ends_at(offset, False)
                return Extent(content_bytes, offset) if is_end else None
        return None

    def _is_stored(self, block: FoundBlock) -> bool:
        """Return whether a block that claims to be stored matches its checksum."""
        stop = block.end - constants.CHECKSUM_BYTES
        if stop > self._landmarks.end:
            return False
        start = stop - block.head.payload_bytes
        return self._landmarks.checksums.of(start, stop) == block.head.decoded_checksum
