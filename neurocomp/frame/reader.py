"""Reading frames forwards, from a stream that need not seek."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from neurocomp.errors import FormatError, SizeLimitError
from neurocomp.frame import constants
from neurocomp.frame.block import Block, BlockPlace
from neurocomp.frame.block_reader import read_block_body, read_block_head
from neurocomp.frame.chain import FrameChain
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
        trailer: fits the blocks' heads: their sizes, and the checksum of the content that those of
            the blocks make up; None where the last block announces none.
        offset: position of the first byte after the frame.
    """

    trailer: Trailer | None
    offset: int


def read_frames(
    stream: BinaryIO, max_content_bytes: int | None = None
) -> Iterator[FrameBlock | FrameEnd]:
    """Read all frames of ``stream``: the blocks of each, then its end.

    A block is handed out after its stored checksum, which covers the frame header as well, has
    been verified.

    Args:
        stream: a binary stream, read to its end.
        max_content_bytes: limit of the decoded size of all blocks together; None for any size.

    Raises:
        TruncatedError: the stream ends within a frame.
        ChecksumError: something is damaged.
        SizeLimitError: a block would exceed ``max_content_bytes``; its payload is not read.
        FormatError: the stream is empty, or holds something other than frames.
    """
    source = ByteSource(stream)
    num_frames = content_bytes = 0
    while (parsed := _next_header(source)) is not None:
        header, header_bytes, header_checksum = parsed
        num_frames += 1
        chain = FrameChain(header_bytes)
        is_last = False
        while not is_last:
            offset = source.offset
            source.checksum = header_checksum
            head = read_block_head(source, header.layout)
            stored_bytes = source.offset - offset + head.payload_bytes + constants.CHECKSUM_BYTES
            chain.add(head, stored_bytes)
            content_bytes += head.decoded_bytes
            check_size(content_bytes, max_content_bytes)
            block = read_block_body(source, head)
            is_last = head.is_last
            place = BlockPlace(offset, stored_bytes, block.decoded_bytes)
            yield FrameBlock(header, block, place)
        trailer = None
        if head.has_trailer:
            trailer = read_trailer(source)
            chain.check(trailer)
        yield FrameEnd(trailer, source.offset)
    if num_frames == 0:
        raise FormatError("not a neurocomp file: it is empty")


def check_size(content_bytes: int, max_content_bytes: int | None) -> None:
    """Raise SizeLimitError where ``content_bytes`` are more than a caller allows."""
    if max_content_bytes is not None and content_bytes > max_content_bytes:
        raise SizeLimitError(
            f"the content has {content_bytes} bytes or more, allowed are {max_content_bytes}: "
            "raise the limit (max_output, --max-size) if you trust its source"
        )


def _next_header(source: ByteSource) -> tuple[FrameHeader, int, int] | None:
    """Read a frame header: the header, its size in bytes and its CRC-32."""
    start = source.offset
    source.checksum = 0
    header = read_header(source)
    return None if header is None else (header, source.offset - start, source.checksum)
