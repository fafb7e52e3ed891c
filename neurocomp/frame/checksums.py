"""CRC-32 of joined bytes from the CRCs of their parts, and of any part of a stream.

A CRC is a remainder of polynomials over two elements, so that of A followed by B is
crc(A) * x**(8 * len(B)) + crc(B), modulo the CRC's polynomial, as in ``crc32_combine`` of zlib.
"""

from __future__ import annotations

import io
import zlib
from array import array
from functools import cache
from typing import BinaryIO

_POLYNOMIAL = 0xEDB88320
_ONE = 1 << 31
"""Polynomials are reflected: the top bit is the coefficient of x**0."""

_STEP_BYTES = 1 << 12
_CHUNK_BYTES = 1 << 20


def join_checksums(first: int, second: int, second_bytes: int) -> int:
    """Return the CRC-32 of A followed by B.

    Args:
        first: CRC-32 of A.
        second: CRC-32 of B.
        second_bytes: size of B.
    """
    return _multiply(_power(second_bytes), first) ^ second


class StreamChecksums:
    """CRC-32 of any part of a stream, after one pass over it, in the time of a few kilobytes.

    Args:
        stream: a seekable binary stream, read from its start to its end.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._checksums = array("I", [0])
        stream.seek(0, io.SEEK_SET)
        checksum = 0
        while chunk := stream.read(_CHUNK_BYTES):
            for start in range(0, len(chunk), _STEP_BYTES):
                checksum = zlib.crc32(chunk[start : start + _STEP_BYTES], checksum)
                self._checksums.append(checksum)

    def of(self, start: int, stop: int, before: int = 0) -> int:
        """Return the CRC-32 of the bytes ``start`` to ``stop`` (exclusive).

        Args:
            start: offset in the stream.
            stop: end of the range: at least ``start``, at most the stream's size.
            before: CRC-32 of what these bytes follow.
        """
        # prefix(stop) = prefix(start) * x**n + wanted
        shifted = self._prefix(start) ^ before
        return _multiply(_power(stop - start), shifted) ^ self._prefix(stop)

    def _prefix(self, stop: int) -> int:
        number, rest = divmod(stop, _STEP_BYTES)
        if not rest:
            return self._checksums[number]
        self._stream.seek(stop - rest)
        return zlib.crc32(self._stream.read(rest), self._checksums[number])


def _multiply(a: int, b: int) -> int:
    """Return the product of two polynomials modulo that of the CRC."""
    product = 0
    while a:
        if a & _ONE:
            product ^= b
        a = a << 1 & 0xFFFFFFFF
        b = b >> 1 ^ (_POLYNOMIAL if b & 1 else 0)
    return product


@cache
def _powers(place: int) -> tuple[int, ...]:
    """Return x**(8 * v * 256**place) for each v from 0 to 255."""
    if place:
        before = _powers(place - 1)
        base = _multiply(before[255], before[1])
    else:
        base = _ONE >> 8
    powers = [_ONE]
    for _ in range(255):
        powers.append(_multiply(powers[-1], base))
    return tuple(powers)


def _power(num_bytes: int) -> int:
    """Return x**(8 * num_bytes)."""
    power, place = _ONE, 0
    while num_bytes:
        if digit := num_bytes & 255:
            factor = _powers(place)[digit]
            power = factor if power == _ONE else _multiply(power, factor)
        num_bytes >>= 8
        place += 1
    return power
