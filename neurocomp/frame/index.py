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
    end = stream.seek(0, io.SEEK_END)
    frames: list[FrameIndex] = []
    while end > 0 and (frame := _frame_before(stream, end)) is not None:
        frames.insert(0, frame)
        end = frame.offset
    return walk_frames(stream, end) + frames if end > 0 else frames


def walk_frames(stream: BinaryIO, end: int) -> list[FrameIndex]:
    """Locate the frames in the first ``end`` bytes of a stream by reading every block head."""
    frames: list[FrameIndex] = []
    offset = 0
    while offset < end:
        frames.append(_walk_frame(stream, offset, end))
        offset = frames[-1].end
    return frames


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


def _walk_frame(stream: BinaryIO, start: int, end: int) -> FrameIndex:
    source, header = _header_at(stream, start)
    header_checksum = source.checksum
    places: list[BlockPlace] = []
    is_last = False
    while not is_last:
        offset = source.offset
        head = read_block_head(source, header.symbols_id)
        is_last = head.is_last
        source = ByteSource(stream, source.offset + head.payload_bytes + limits.CHECKSUM_BYTES)
        if source.offset > end:
            raise TruncatedError(f"the block at offset {offset} is cut off at byte {end}")
        stream.seek(source.offset)
        places.append(BlockPlace(offset, source.offset - offset, head.decoded_bytes))
    if head.has_trailer:
        read_trailer(source)
    return FrameIndex(start, header, header_checksum, tuple(places), source.offset)
