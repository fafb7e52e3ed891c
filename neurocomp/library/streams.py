"""Wrappers for binary streams of callers: short writes, no seeking, offsets."""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from neurocomp.frame import constants

__all__ = ["Buffer", "ViewSource", "byte_view"]

if TYPE_CHECKING:
    from typing import Any, Protocol

    from _typeshed import ReadableBuffer

    class _Array(Protocol):
        """Stands for numpy's arrays in type checkers before Python 3.12."""

        @property
        def __array_interface__(self) -> Any: ...

    class BufferedFile(io.BufferedIOBase, BinaryIO):
        """What type checkers take for a binary file: at run time the first of these."""

    Buffer = ReadableBuffer | _Array
elif sys.version_info >= (3, 12):
    from collections.abc import Buffer

    BufferedFile = io.BufferedIOBase
else:
    BufferedFile = io.BufferedIOBase
    Buffer = bytes | bytearray | memoryview
    """Before Python 3.12 no class stands for all buffers at run time: this names the usual ones."""


def byte_view(data: Buffer) -> memoryview:
    """Return the bytes of ``data`` as a contiguous view of format "B", in C order.

    What is contiguous and of a plain type is not copied, whatever its shape and item size.

    Raises:
        TypeError: ``data`` has no bytes to show: None, text, a number.
    """
    view = memoryview(cast("ReadableBuffer", data))
    if not view.nbytes:
        return memoryview(b"")
    if view.c_contiguous:
        try:
            return view.cast("B")
        except TypeError:
            pass  # A structured type, or one in a foreign byte order.
    return memoryview(view.tobytes())


class ViewSource:
    """A byte view as a stream to read, without a copy of the whole."""

    def __init__(self, view: memoryview) -> None:
        self._view = view
        self._position = 0

    def read(self, size: int = -1, /) -> bytes:
        """Return the next ``size`` bytes, fewer at the end; all of them where it is negative."""
        stop = len(self._view) if size < 0 else self._position + size
        data = bytes(self._view[self._position : stop])
        self._position += len(data)
        return data


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
                raise BlockingIOError("the file would block: give a blocking one")
            # Objects that are not files by descent may return anything; they take all of it.
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
            raise BlockingIOError("the file has no data yet: give a blocking one")
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
    """Return the position of the stream, or None if it cannot seek."""
    seekable = getattr(stream, "seekable", None)
    if seekable is not None and not seekable():
        return None
    try:
        position = stream.tell()
        stream.seek(position)
    except (AttributeError, OSError):
        return None
    return int(position)
