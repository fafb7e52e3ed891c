"""Finding the blocks of a seekable file without reading their payloads."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import BinaryIO

from neurocomp.errors import FormatError, TruncatedError
from neurocomp.frame import limits
from neurocomp.frame.block import Block, BlockHead, BlockPlace, read_block_body, read_block_head
from neurocomp.frame.header import FrameHeader, read_header
from neurocomp.frame.source import ByteSource
from neurocomp.frame.trailer import find_trailer, read_trailer


@dataclass(frozen=True)
class FrameIndex:
    """Where one frame and its blocks stand in a file.

    Attributes:
        offset: of the frame's first byte.
        header: its header.
        header_checksum: CRC-32 of the header's bytes.
        places: its blocks, in order.
        end: offset behind the frame's last byte.
    """

    offset: int
    header: FrameHeader
    header_checksum: int
    places: tuple[BlockPlace, ...]
    end: int


def read_index(stream: BinaryIO) -> list[FrameIndex]:
    """Locate all frames and blocks of a seekable stream.

    Goes backwards from trailer to trailer; where a frame has none, or it is damaged, forwards
    from block head to block head.

    Raises:
        FormatError: the stream is not made of frames.
    """
    frames, end = _frames_with_trailer(stream)
    if end == 0 and not frames:
        raise FormatError("not a neurocomp file: it is empty")
    return walk_frames(stream, end) + frames


def walk_frames(stream: BinaryIO, end: int) -> list[FrameIndex]:
    """Locate the frames in the first ``end`` bytes of a stream by reading every block head.

    Raises:
        FormatError: those bytes are not made of frames.
    """
    frames: list[FrameIndex] = []
    offset = 0
    while offset < end:
        walk = _FrameWalk(stream, offset)
        walk.run(end)
        frames.append(walk.frame)
        offset = walk.frame.end
    return frames


def salvage_index(stream: BinaryIO) -> list[FrameIndex | FormatError]:
    """Locate what can be located of a damaged stream.

    Returns:
        Frames, the last of them perhaps without its last blocks, and in the place of what could
        not be located the reason why.
    """
    frames, end = _frames_with_trailer(stream)
    pieces: list[FrameIndex | FormatError] = []
    offset = 0
    while offset < end:
        walk: _FrameWalk | None = None
        try:
            walk = _FrameWalk(stream, offset)
            walk.run(end)
        except FormatError as error:
            if walk is not None:
                pieces.append(walk.frame)
            pieces.append(error)
            break
        pieces.append(walk.frame)
        offset = walk.frame.end
    return [*pieces, *frames]


def read_heads(stream: BinaryIO, frame: FrameIndex) -> list[BlockHead]:
    """Read the head of every block of ``frame``."""
    heads = []
    for place in frame.places:
        stream.seek(place.offset)
        heads.append(read_block_head(ByteSource(stream, place.offset), frame.header.symbols_id))
    return heads


def read_block_at(stream: BinaryIO, frame: FrameIndex, place: BlockPlace) -> Block:
    """Read one block and verify its stored checksum.

    Raises:
        ChecksumError: the block is damaged.
        FormatError: there is no such block at that place.
    """
    stream.seek(place.offset)
    source = ByteSource(stream, place.offset)
    source.checksum = frame.header_checksum
    head = read_block_head(source, frame.header.symbols_id)
    if head.decoded_bytes != place.decoded_bytes:
        raise FormatError(f"the block at offset {place.offset} is not the one of the index")
    return read_block_body(source, head)


def _frames_with_trailer(stream: BinaryIO) -> tuple[list[FrameIndex], int]:
    """Return the frames at the end of a stream that have sound trailers, and where they start."""
    end = stream.seek(0, io.SEEK_END)
    frames: list[FrameIndex] = []
    while end > 0 and (frame := _frame_before(stream, end)) is not None:
        frames.insert(0, frame)
        end = frame.offset
    return frames, end


def _frame_before(stream: BinaryIO, end: int) -> FrameIndex | None:
    """Return the frame whose sound trailer ends at ``end``, or None."""
    found = find_trailer(stream, end)
    if found is None:
        return None
    trailer, start = found
    try:
        source, header = _header_at(stream, start)
    except FormatError:
        return None
    places = []
    offset = start + trailer.header_bytes
    for stored_bytes, decoded_bytes in trailer.sizes:
        places.append(BlockPlace(offset, stored_bytes, decoded_bytes))
        offset += stored_bytes
    return FrameIndex(start, header, source.checksum, tuple(places), end)


def _header_at(stream: BinaryIO, offset: int) -> tuple[ByteSource, FrameHeader]:
    stream.seek(offset)
    source = ByteSource(stream, offset)
    header = read_header(source)
    if header is None:
        raise TruncatedError(f"there is no frame at offset {offset}")
    return source, header


class _FrameWalk:
    """Going through a frame from block head to block head."""

    def __init__(self, stream: BinaryIO, start: int) -> None:
        self._stream = stream
        self._start = start
        self._source, self._header = _header_at(stream, start)
        self._header_checksum = self._source.checksum
        self._places: list[BlockPlace] = []

    @property
    def frame(self) -> FrameIndex:
        """The frame with the blocks that were found so far, also after an error."""
        return FrameIndex(
            self._start,
            self._header,
            self._header_checksum,
            tuple(self._places),
            self._source.offset,
        )

    def run(self, end: int) -> None:
        """Find all blocks of the frame, which must lie before offset ``end``."""
        is_last = has_trailer = False
        while not is_last:
            if len(self._places) == limits.MAX_BLOCKS:
                raise FormatError(f"the frame has more than {limits.MAX_BLOCKS} blocks")
            offset = self._source.offset
            head = read_block_head(self._source, self._header.symbols_id)
            is_last, has_trailer = head.is_last, head.has_trailer
            next_offset = self._source.offset + head.payload_bytes + limits.CHECKSUM_BYTES
            if next_offset > end:
                raise TruncatedError(f"the block at offset {offset} is cut off at byte {end}")
            self._stream.seek(next_offset)
            self._source = ByteSource(self._stream, next_offset)
            self._places.append(BlockPlace(offset, next_offset - offset, head.decoded_bytes))
        if has_trailer:
            read_trailer(self._source)
