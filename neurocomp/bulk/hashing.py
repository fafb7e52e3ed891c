"""Streams that hash what goes through them."""

from __future__ import annotations

import hashlib
import zlib
from typing import Any, BinaryIO, cast

from neurocomp.frame.constants import MAX_HEADER_BYTES

_CHUNK_BYTES = 1 << 20


class Hashed:
    """A binary stream, read or written in order; counts and hashes its bytes.

    Args:
        stream: the one below; None to keep nothing of what is written.
    """

    def __init__(self, stream: BinaryIO | None = None) -> None:
        self._stream: Any = stream
        self._sha256 = hashlib.sha256()
        self.num_bytes = 0
        self.checksum = 0
        self.head = b""
        """The first bytes, as many as a frame's header can have."""

    def read(self, size: int = -1, /) -> bytes:
        """Read up to ``size`` bytes; none at the end."""
        data: bytes = self._stream.read(size)
        self._take(data)
        return data

    def write(self, data: bytes, /) -> int:
        """Write all of ``data``."""
        if self._stream is not None:
            self._stream.write(data)
        self._take(data)
        return len(data)

    def drain(self) -> None:
        """Read to the end."""
        while self.read(_CHUNK_BYTES):
            pass

    @property
    def sha256(self) -> str:
        """The SHA-256 of all bytes so far, in hexadecimal."""
        return self._sha256.hexdigest()

    @property
    def binary(self) -> BinaryIO:
        """This, for functions that read or write."""
        return cast(BinaryIO, self)

    def _take(self, data: bytes) -> None:
        self._sha256.update(data)
        self.checksum = zlib.crc32(data, self.checksum)
        self.num_bytes += len(data)
        if len(self.head) < MAX_HEADER_BYTES:
            self.head += data[: MAX_HEADER_BYTES - len(self.head)]
