"""Finding the blocks of a seekable file without reading their payloads."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import BinaryIO

from neurocomp.errors import FormatError, TruncatedError
from neurocomp.frame import constants
from neurocomp.frame.block import Block, BlockPlace
from neurocomp.frame.block_reader import BlockHead, read_block_body, read_block_head
from neurocomp.frame.chain import FrameChain
from neurocomp.frame.header import FrameHeader, HeadLayout, read_header
from neurocomp.frame.source import ByteSource
from neurocomp.frame.trailer import Trailer, read_trailer


@dataclass(frozen=True)
class FrameIndex:
    """The positions of one frame and its blocks in a file.

    Attributes:
        offset: position of the frame's first byte.
        header: header of the frame.
        header_checksum: CRC-32 of the header's bytes.
        places: places of the blocks, in order.
        end: offset after the frame's last byte.
        heads: the heads of its blocks.
        trailer: trailer of the frame, which fits the heads; None if it has none.
    """

    offset: int
    header: FrameHeader
    header_checksum: int
    places: tuple[BlockPlace, ...]
    end: int
    heads: tuple[BlockHead, ...] = ()
    trailer: Trailer | None = None


def read_index(stream: BinaryIO, start: int = 0) -> list[FrameIndex]:
    """Locate all frames and blocks of a seekable stream, from offset ``start`` to its end.

    Goes from block head to block head, and reads a trailer only where a last block announces it:
    content may look like one.  Heads and trailers are compared as in reading forwards, so what is
    missing, doubled, exchanged or put between blocks is an error here as well.  Payloads are not
    read: where a frame has no trailer, only the stored checksum of a block confirms its head.

    Raises:
        FormatError: the stream is not made of frames.
    """
    end = stream.seek(0, io.SEEK_END)
    if end <= start:
        raise FormatError("not a neurocomp file: it is empty")
    frames: list[FrameIndex] = []
    while start < end:
        frames.append(_walk_frame(stream, start, end))
        start = frames[-1].end
    return frames


def read_block_at(stream: BinaryIO, frame: FrameIndex, place: BlockPlace) -> Block:
    """Read one block and verify its stored checksum.

    Raises:
        ChecksumError: the block is damaged.
        FormatError: there is no such block at that place.
    """
    stream.seek(place.offset)
    source = ByteSource(stream, place.offset)
    source.checksum = frame.header_checksum
    head = read_block_head(source, frame.header.layout)
    head_bytes = source.offset - place.offset
    stored_bytes = head_bytes + head.payload_bytes + constants.CHECKSUM_BYTES
    if (stored_bytes, head.decoded_bytes) != (place.stored_bytes, place.decoded_bytes):
        raise FormatError(f"the block at offset {place.offset} is not the one of the index")
    return read_block_body(source, head)


def locate_block(stream: BinaryIO, offset: int, layout: HeadLayout) -> tuple[BlockHead, BlockPlace]:
    """Read the head of the block at ``offset``, and tell the place that it claims.

    Raises:
        FormatError: no block stands there.
    """
    stream.seek(offset)
    source = ByteSource(io.BytesIO(stream.read(constants.MAX_BLOCK_HEAD_BYTES)), offset)
    head = read_block_head(source, layout)
    block_end = source.offset + head.payload_bytes + constants.CHECKSUM_BYTES
    return head, BlockPlace(offset, block_end - offset, head.decoded_bytes)


def locate_header(stream: BinaryIO, offset: int) -> tuple[FrameHeader, int, int]:
    """Read the frame header at ``offset``: the header, its size in bytes and its CRC-32.

    Raises:
        FormatError: none stands there.
    """
    stream.seek(offset)
    source = ByteSource(stream, offset)
    header = read_header(source)
    if header is None:
        raise TruncatedError(f"there is no frame at offset {offset}")
    return header, source.offset - offset, source.checksum


def _walk_frame(stream: BinaryIO, start: int, end: int) -> FrameIndex:
    header, header_bytes, header_checksum = locate_header(stream, start)
    chain = FrameChain(header_bytes)
    heads: list[BlockHead] = []
    places: list[BlockPlace] = []
    offset = start + header_bytes
    while not heads or not heads[-1].is_last:
        head, place = locate_block(stream, offset, header.layout)
        if offset + place.stored_bytes > end:
            raise TruncatedError(f"the block at offset {offset} is cut off at byte {end}")
        chain.add(head, place.stored_bytes)
        heads.append(head)
        places.append(place)
        offset += place.stored_bytes
    trailer = None
    if heads[-1].has_trailer:
        stream.seek(offset)
        source = ByteSource(stream, offset)
        trailer = read_trailer(source)
        chain.check(trailer)
        offset = source.offset
    return FrameIndex(start, header, header_checksum, tuple(places), offset, tuple(heads), trailer)
