"""Variable-length unsigned integers: 7 bits a byte, least significant first (LEB128)."""

from __future__ import annotations

from neurocomp.errors import FormatError
from neurocomp.frame.constants import MAX_VARINT_BYTES
from neurocomp.frame.source import ByteSource


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
