"""The trailer of a frame of several blocks: index, checksum of the whole content, way back."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from neurocomp.errors import ChecksumError
from neurocomp.frame import constants
from neurocomp.frame.source import ByteSource, encode_varint, read_varint

_MAX_STORED_BYTES = (
    constants.MAX_BLOCK_HEAD_BYTES + constants.MAX_BLOCK_BYTES + constants.CHECKSUM_BYTES
)


@dataclass(frozen=True)
class Trailer:
    """The end of a frame, after its last block.

    Attributes:
        header_bytes: size of the frame header.
        sizes: (stored bytes, decoded bytes) of every block, in order.
        content_checksum: CRC-32 of the whole content of the frame.
    """

    header_bytes: int
    sizes: tuple[tuple[int, int], ...]
    content_checksum: int

    def to_bytes(self) -> bytes:
        """Return the trailer as it is stored in the file."""
        body = bytearray(encode_varint(self.header_bytes) + encode_varint(len(self.sizes)))
        for stored_bytes, decoded_bytes in self.sizes:
            body += encode_varint(stored_bytes) + encode_varint(decoded_bytes)
        body += self.content_checksum.to_bytes(constants.CHECKSUM_BYTES, "little")
        body += zlib.crc32(body).to_bytes(constants.CHECKSUM_BYTES, "little")
        total_bytes = len(body) + constants.CHECKSUM_BYTES + len(constants.END_MAGIC)
        return bytes(body) + total_bytes.to_bytes(4, "little") + constants.END_MAGIC


def read_trailer(source: ByteSource) -> Trailer:
    """Read a trailer forwards.

    Raises:
        FormatError: it is malformed.
        ChecksumError: it is damaged.
    """
    start = source.offset
    source.checksum = 0
    header_bytes = read_varint(source, "the header's size", 1, constants.MAX_HEADER_BYTES)
    num_blocks = read_varint(source, "the number of blocks", 1, constants.MAX_BLOCKS)
    sizes: list[tuple[int, int]] = []
    for _ in range(num_blocks):
        stored_bytes = read_varint(source, "a block's stored size", 1, _MAX_STORED_BYTES)
        decoded_bytes = read_varint(source, "a block's size", 1, constants.MAX_BLOCK_BYTES)
        sizes.append((stored_bytes, decoded_bytes))
    content_checksum = int.from_bytes(source.read(constants.CHECKSUM_BYTES), "little")
    expected = source.checksum
    if int.from_bytes(source.read(constants.CHECKSUM_BYTES), "little") != expected:
        raise ChecksumError("the trailer is damaged")
    total_bytes = int.from_bytes(source.read(4), "little")
    end_magic = source.read(len(constants.END_MAGIC))
    if end_magic != constants.END_MAGIC or total_bytes != source.offset - start:
        raise ChecksumError("the trailer's end is damaged")
    return Trailer(header_bytes, tuple(sizes), content_checksum)
