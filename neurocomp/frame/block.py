"""Blocks: independently decodable pieces of the content, each with its own checksums."""

from __future__ import annotations

import enum
import zlib
from dataclasses import dataclass

from neurocomp.errors import ChecksumError, FormatError, UnsupportedError
from neurocomp.frame import limits
from neurocomp.frame.source import ByteSource
from neurocomp.frame.varint import encode_varint, read_varint


class Method(enum.IntEnum):
    """How a block's payload stands for its content."""

    STORED = 0
    MODELLED = 1


_TAG_LAST = 1
_TAG_TRAILER = 2
_METHOD_SHIFT = 2
_VARIANT_SHIFT = 4
_TAG_LINE_ENDS = 0x40
_TAG_LANES = 0x80


@dataclass(frozen=True)
class Block:
    """One block of a frame.

    Attributes:
        method: stored as it is, or coded with the frame's model and coder.
        variant: parameter set of the model, 0 to 3, chosen by the encoder; 0 in a stored block.
        decoded_bytes: size of the content, up to ``limits.MAX_BLOCK_BYTES``; 0 only in the one
            stored block of an empty frame.
        decoded_checksum: CRC-32 of the content.
        num_symbols: symbols that the payload codes; ``decoded_bytes`` where symbols are bytes and
            the line ends stand as they are.
        num_lanes: lanes that advance together, 1 in a stored block.
        payload: the coded bytes, fewer than ``decoded_bytes``, or the stored ones.
        line_ends: line ends were rewritten before the content became symbols, which made it
            shorter.
    """

    method: Method
    variant: int
    decoded_bytes: int
    decoded_checksum: int
    num_symbols: int
    num_lanes: int
    payload: bytes
    line_ends: bool = False

    @classmethod
    def stored(cls, content: bytes) -> Block:
        """Return the block that holds ``content`` as it is."""
        size = len(content)
        return cls(Method.STORED, 0, size, zlib.crc32(content), size, 1, content)

    def to_bytes(self, *, header: bytes, symbols_id: int, last: bool, trailer: bool) -> bytes:
        """Return the block as it stands in the file, its stored checksum included.

        Args:
            header: the frame header's bytes, which the checksum covers as well.
            symbols_id: the frame's; where it is not 0, ``num_symbols`` is written.
            last: this is the last block of its frame.
            trailer: a trailer comes after this last block.
        """
        tag = _TAG_LAST * last | _TAG_TRAILER * trailer
        assert 0 <= self.variant <= 3, "a tag has two bits for the variant"
        tag |= self.method << _METHOD_SHIFT | self.variant << _VARIANT_SHIFT
        tag |= _TAG_LINE_ENDS * self.line_ends | _TAG_LANES * (self.num_lanes > 1)
        head = bytearray([tag])
        head += encode_varint(self.decoded_bytes)
        if self.method is Method.MODELLED:
            if symbols_id:
                head += encode_varint(self.num_symbols)
            elif self.line_ends:
                head += encode_varint(self.decoded_bytes - self.num_symbols)
            if self.num_lanes > 1:
                head += encode_varint(self.num_lanes)
            head += encode_varint(len(self.payload))
        head += self.decoded_checksum.to_bytes(limits.CHECKSUM_BYTES, "little")
        stored_checksum = zlib.crc32(self.payload, zlib.crc32(head, zlib.crc32(header)))
        return (
            bytes(head) + self.payload + stored_checksum.to_bytes(limits.CHECKSUM_BYTES, "little")
        )

    def check_content(self, content: bytes) -> None:
        """Compare decoded ``content`` with what the block says of it.

        Raises:
            ChecksumError: it is not what was encoded.
        """
        if len(content) != self.decoded_bytes or zlib.crc32(content) != self.decoded_checksum:
            raise ChecksumError(
                "the decoded bytes don't have the recorded checksum: the data is damaged, or was "
                "written by a model that differs from this one"
            )


@dataclass(frozen=True)
class BlockPlace:
    """Where a block stands: in the file, in its frame and in the content.

    Attributes:
        offset: of the block's first byte in the file.
        stored_bytes: size in the file, headers and checksums included.
        decoded_bytes: size of its content.
    """

    offset: int
    stored_bytes: int
    decoded_bytes: int


@dataclass(frozen=True)
class BlockHead:
    """A block's fields without its payload.  ``payload_bytes`` follow it, then the checksum."""

    is_last: bool
    has_trailer: bool
    method: Method
    variant: int
    decoded_bytes: int
    num_symbols: int
    num_lanes: int
    payload_bytes: int
    decoded_checksum: int
    line_ends: bool = False


def read_block_head(source: ByteSource, symbols_id: int) -> BlockHead:
    """Read a block's fields up to its payload.

    Raises:
        FormatError: a field is out of its range.
        UnsupportedError: the method is unknown.
    """
    tag = source.read(1)[0]
    method = tag >> _METHOD_SHIFT & 3
    if method > Method.MODELLED:
        raise UnsupportedError(
            f"the block at offset {source.offset - 1} has unknown tag {tag:#04x}: it is damaged, "
            "or needs a newer neurocomp (pip install -U neurocomp)"
        )
    is_last, has_trailer = bool(tag & _TAG_LAST), bool(tag & _TAG_TRAILER)
    variant = tag >> _VARIANT_SHIFT & 3
    line_ends, has_lanes = bool(tag & _TAG_LINE_ENDS), bool(tag & _TAG_LANES)
    if has_trailer and not is_last:
        raise FormatError("a block that is not the last announces the trailer")
    may_be_empty = is_last and method == Method.STORED
    low = 0 if may_be_empty else 1
    decoded_bytes = read_varint(source, "the block's size", low, limits.MAX_BLOCK_BYTES)
    num_symbols, num_lanes, payload_bytes = decoded_bytes, 1, decoded_bytes
    if method == Method.MODELLED:
        if symbols_id:
            most = limits.max_symbols(symbols_id, decoded_bytes)
            num_symbols = read_varint(source, "the number of symbols", 1, most)
        elif line_ends:
            # Two bytes, CR LF, become one at most.
            num_symbols -= read_varint(source, "the bytes saved", 1, decoded_bytes // 2)
        if has_lanes:
            max_lanes = min(limits.MAX_LANES, num_symbols)
            num_lanes = read_varint(source, "the number of lanes", 2, max_lanes)
        payload_bytes = read_varint(source, "the payload's size", 0, decoded_bytes - 1)
    elif variant or line_ends or has_lanes:
        raise FormatError("a stored block has a model variant, line ends to be restored, or lanes")
    decoded_checksum = int.from_bytes(source.read(limits.CHECKSUM_BYTES), "little")
    return BlockHead(
        is_last,
        has_trailer,
        Method(method),
        variant,
        decoded_bytes,
        num_symbols,
        num_lanes,
        payload_bytes,
        decoded_checksum,
        line_ends,
    )


def read_block_body(source: ByteSource, head: BlockHead) -> Block:
    """Read payload and stored checksum after ``head`` and verify the checksum.

    ``source.checksum`` must have started from the frame header's bytes, then the head's.

    Raises:
        ChecksumError: header, head or payload are damaged.
    """
    payload = source.read(head.payload_bytes)
    expected = source.checksum
    offset = source.offset
    if int.from_bytes(source.read(limits.CHECKSUM_BYTES), "little") != expected:
        raise ChecksumError(f"the block that ends at offset {offset} is damaged (stored checksum)")
    return Block(
        head.method,
        head.variant,
        head.decoded_bytes,
        head.decoded_checksum,
        head.num_symbols,
        head.num_lanes,
        payload,
        head.line_ends,
    )
