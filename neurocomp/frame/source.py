"""A byte source that refuses to come up short, and the numbers of variable length in it."""

from __future__ import annotations

import zlib
from typing import BinaryIO

from neurocomp.errors import FormatError, TruncatedError
from neurocomp.frame.constants import MAX_VARINT_BYTES

_CHUNK_BYTES = 1 << 20


class ByteSource:
    """Exact reads from a binary stream, with the offset and a running CRC-32 of what was read.

    Args:
        stream: a binary stream at the position where reading starts.
        offset: number of that position in messages and block offsets.
    """

    def __init__(self, stream: BinaryIO, offset: int = 0) -> None:
        self._stream = stream
        self.offset = offset
        self.checksum = 0

    def read(self, num_bytes: int) -> bytes:
        """Read exactly ``num_bytes``.

        Memory is taken as bytes arrive, so that a false length costs nothing.

        Raises:
            TruncatedError: the stream ends first.
        """
        data = self.read_up_to(num_bytes)
        if len(data) < num_bytes:
            raise TruncatedError(
                f"the data ends at byte {self.offset}, {num_bytes - len(data)} bytes too early"
            )
        return data

    def read_up_to(self, num_bytes: int) -> bytes:
        """Read ``num_bytes``, or fewer where the stream ends."""
        chunks: list[bytes] = []
        missing = num_bytes
        while missing > 0:
            chunk = self._stream.read(min(missing, _CHUNK_BYTES))
            if not chunk:
                break
            chunks.append(chunk)
            missing -= len(chunk)
        data = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        self.offset += len(data)
        self.checksum = zlib.crc32(data, self.checksum)
        return data


def encode_varint(value: int) -> bytes:
    """Return the shortest encoding of ``value``, 0 <= value < 2**35."""
    if not 0 <= value < 1 << (7 * MAX_VARINT_BYTES):
        raise ValueError(f"{value} does not fit a varint of {MAX_VARINT_BYTES} bytes")
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def read_varint(source: ByteSource, what: str, low: int, high: int) -> int:
    """Read the integer ``what``, low <= value <= high, in its shortest encoding.

    Raises:
        FormatError: the value is out of range, or its encoding is longer than need be.
        TruncatedError: the source ends first.
    """
    value = 0
    for position in range(MAX_VARINT_BYTES):
        byte = source.read(1)[0]
        value |= (byte & 0x7F) << (7 * position)
        if byte < 0x80:
            if byte == 0 and position > 0:
                raise FormatError(f"{what} is not in its shortest form")
            if not low <= value <= high:
                raise FormatError(f"{what} is {value}, allowed are {low} to {high}")
            return value
    raise FormatError(f"{what} is longer than {MAX_VARINT_BYTES} bytes")
