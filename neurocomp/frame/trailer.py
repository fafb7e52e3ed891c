"""The trailer of a frame of several blocks: index, checksum of the whole content, way back."""

from __future__ import annotations

import io
import zlib
from dataclasses import dataclass
from typing import BinaryIO

from neurocomp.errors import ChecksumError, FormatError
from neurocomp.frame import limits
from neurocomp.frame.source import ByteSource
from neurocomp.frame.varint import encode_varint, read_varint

_MAX_STORED_BYTES = limits.MAX_BLOCK_BYTES + 64
_MAX_HEADER_BYTES = 64 + limits.MAX_EXTENSION_BYTES


@dataclass(frozen=True)
class Trailer:
    """What stands behind the last block.

    Attributes:
        header_bytes: size of the frame header.
        sizes: (stored bytes, decoded bytes) of every block, in order.
        content_checksum: CRC-32 of the whole content of the frame.
    """

    header_bytes: int
    sizes: tuple[tuple[int, int], ...]
    content_checksum: int

    def to_bytes(self) -> bytes:
        """Return the trailer as it stands in the file."""
        body = bytearray(encode_varint(self.header_bytes) + encode_varint(len(self.sizes)))
        for stored_bytes, decoded_bytes in self.sizes:
            body += encode_varint(stored_bytes) + encode_varint(decoded_bytes)
        body += self.content_checksum.to_bytes(limits.CHECKSUM_BYTES, "little")
        body += zlib.crc32(body).to_bytes(limits.CHECKSUM_BYTES, "little")
        total_bytes = len(body) + limits.CHECKSUM_BYTES + len(limits.END_MAGIC)
        return bytes(body) + total_bytes.to_bytes(4, "little") + limits.END_MAGIC


def read_trailer(source: ByteSource) -> Trailer:
    """Read a trailer forwards.

    Raises:
        FormatError: it is malformed.
        ChecksumError: it is damaged.
    """
    start = source.offset
    source.checksum = 0
    header_bytes = read_varint(source, "the header's size", 1, _MAX_HEADER_BYTES)
    num_blocks = read_varint(source, "the number of blocks", 1, limits.MAX_BLOCKS)
    sizes: list[tuple[int, int]] = []
    for _ in range(num_blocks):
        stored_bytes = read_varint(source, "a block's stored size", 1, _MAX_STORED_BYTES)
        decoded_bytes = read_varint(source, "a block's size", 1, limits.MAX_BLOCK_BYTES)
        sizes.append((stored_bytes, decoded_bytes))
    content_checksum = int.from_bytes(source.read(limits.CHECKSUM_BYTES), "little")
    expected = source.checksum
    if int.from_bytes(source.read(limits.CHECKSUM_BYTES), "little") != expected:
        raise ChecksumError("the trailer is damaged")
    total_bytes = int.from_bytes(source.read(4), "little")
    end_magic = source.read(len(limits.END_MAGIC))
    if end_magic != limits.END_MAGIC or total_bytes != source.offset - start:
        raise ChecksumError("the trailer's end is damaged")
    return Trailer(header_bytes, tuple(sizes), content_checksum)


def find_trailer(stream: BinaryIO, end: int) -> tuple[Trailer, int] | None:
    """Look for a trailer that ends at offset ``end`` of a seekable stream.

    Returns:
        The trailer and the offset at which its frame starts, or None where there is no sound one.
    """
    tail = 4 + len(limits.END_MAGIC)
    if end < tail:
        return None
    stream.seek(end - tail)
    footer = stream.read(tail)
    if len(footer) < tail or footer[4:] != limits.END_MAGIC:
        return None
    total_bytes = int.from_bytes(footer[:4], "little")
    if not tail < total_bytes <= min(end, limits.MAX_TRAILER_BYTES):
        return None
    stream.seek(end - total_bytes)
    try:
        trailer = read_trailer(ByteSource(io.BytesIO(stream.read(total_bytes))))
    except FormatError:
        return None
    start = end - total_bytes - trailer.header_bytes - sum(stored for stored, _ in trailer.sizes)
    return (trailer, start) if start >= 0 else None
