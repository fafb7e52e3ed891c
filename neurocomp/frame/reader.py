"""Reading frames forwards, from a stream that need not seek."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from neurocomp.errors import ChecksumError, FormatError
from neurocomp.frame import limits
from neurocomp.frame.block import Block, BlockPlace, read_block_body, read_block_head
from neurocomp.frame.header import FrameHeader, read_header
from neurocomp.frame.source import ByteSource
from neurocomp.frame.trailer import Trailer, read_trailer


@dataclass(frozen=True)
class FrameBlock:
    """A sound block, the header of its frame, and where it stands."""

    header: FrameHeader
    block: Block
    place: BlockPlace


@dataclass(frozen=True)
class FrameEnd:
    """The end of a frame.

    Attributes:
        trailer: checked against the blocks but for its content checksum, which only the one who
            decodes can check; None in a frame of one block.
    """

    trailer: Trailer | None


def read_frames(stream: BinaryIO) -> Iterator[FrameBlock | FrameEnd]:
    """Read all frames of ``stream``: the blocks of each, then its end.

    A block is handed out after its stored checksum, which covers the frame header as well, has
    been verified.

    Raises:
        TruncatedError: the stream ends within a frame.
        ChecksumError: something is damaged.
        FormatError: the stream is empty, or holds something other than frames.
    """
    source = ByteSource(stream)
    num_frames = 0
    while (parsed := _next_header(source)) is not None:
        header, header_bytes, header_checksum = parsed
        num_frames += 1
        sizes: list[tuple[int, int]] = []
        is_last = False
        while not is_last:
            if len(sizes) == limits.MAX_BLOCKS:
                raise FormatError(f"the frame has more than {limits.MAX_BLOCKS} blocks")
            offset = source.offset
            source.checksum = header_checksum
            head = read_block_head(source, header.symbols_id)
            block = read_block_body(source, head)
            is_last = head.is_last
            place = BlockPlace(offset, source.offset - offset, block.decoded_bytes)
            sizes.append((place.stored_bytes, place.decoded_bytes))
            yield FrameBlock(header, block, place)
        trailer = None
        if head.has_trailer:
            trailer = read_trailer(source)
            if trailer.header_bytes != header_bytes or trailer.sizes != tuple(sizes):
                raise ChecksumError(
                    "the frame's index does not fit its blocks: some are lost or moved"
                )
        yield FrameEnd(trailer)
    if num_frames == 0:
        raise FormatError("not a neurocomp file: it is empty")


def _next_header(source: ByteSource) -> tuple[FrameHeader, int, int] | None:
    """Read a frame header: the header, its size in bytes and its CRC-32."""
    start = source.offset
    source.checksum = 0
    header = read_header(source)
    return None if header is None else (header, source.offset - start, source.checksum)
