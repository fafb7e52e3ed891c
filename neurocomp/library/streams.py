"""Other people's binary streams, made dependable: short writes, no seeking, offsets."""

from __future__ import annotations

import io
import os
from typing import Any, BinaryIO, cast

from neurocomp.frame import constants

Stream = BinaryIO | io.IOBase | Any
"""Whatever has ``read`` or ``write``, for bytes."""

_FIRST_BYTES = len(constants.MAGIC)


class Sink:
    """Writes whole pieces: a raw stream may take fewer bytes than it is given."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    def write(self, data: bytes) -> int:
        """Write all of ``data``.

        Raises:
            OSError: the stream takes no more.
        """
        num_written = 0
        while num_written < len(data):
            count = self._stream.write(data[num_written:] if num_written else data)
            if count is None and isinstance(self._stream, io.RawIOBase):
                raise BlockingIOError("the file would block: give one that waits")
            # Objects that are no files by descent may return anything; they take all of it.
            if type(count) is not int or not 0 <= count < len(data) - num_written:
                break
            if count == 0:
                raise OSError("the file takes no more bytes")
            num_written += count
        return len(data)

    def flush(self) -> None:
        """Flush the stream, where it knows how."""
        flush = getattr(self._stream, "flush", None)
        if flush is not None:
            flush()


class Source:
    """A binary stream from where it stands: that is offset 0."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._start = _position(stream)
        self.first = b""
        """The first bytes that were read since the last ``seek``."""

    @property
    def can_seek(self) -> bool:
        """Whether the stream goes back."""
        return self._start is not None

    def read(self, size: int = -1, /) -> bytes:
        """Read up to ``size`` bytes; none at the end.

        Raises:
            TypeError: the stream is one of text.
            BlockingIOError: it has no bytes now.
        """
        data = self._stream.read(size)
        if data is None:
            raise BlockingIOError("the file has no bytes now: give one that waits for them")
        if isinstance(data, str):
            raise TypeError("the file is open for text: open it in mode 'rb'")
        if len(self.first) < _FIRST_BYTES:
            self.first += bytes(data[: _FIRST_BYTES - len(self.first)])
        return bytes(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to an offset, as ``io.IOBase.seek``."""
        if self._start is None:
            raise io.UnsupportedOperation("the file cannot seek")
        self.first = b""
        base = self._start if whence == io.SEEK_SET else 0
        return int(self._stream.seek(base + offset, whence)) - self._start

    def tell(self) -> int:
        """Return the offset."""
        return int(self._stream.tell()) - (self._start or 0)

    @property
    def binary(self) -> BinaryIO:
        """This, for functions that read and seek."""
        return cast(BinaryIO, self)


def is_path(file: object) -> bool:
    """Return whether ``file`` names a file rather than being one."""
    return isinstance(file, str | bytes | os.PathLike)


def check_stream(file: object, action: str) -> None:
    """Raise TypeError unless ``file`` has a method ``action``, "read" or "write"."""
    if not hasattr(file, action):
        raise TypeError(
            f"file is a str, bytes or PathLike path, or a binary file object with {action}(), "
            f"not {type(file).__name__}"
        )


def _position(stream: Stream) -> int | None:
    """Return where the stream stands, or None where it cannot seek."""
    seekable = getattr(stream, "seekable", None)
    if seekable is not None and not seekable():
        return None
    try:
        position = stream.tell()
        stream.seek(position)
    except (AttributeError, OSError):
        return None
    return int(position)
