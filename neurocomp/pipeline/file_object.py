"""A compressed file as a file object, in the manner of ``lzma.open``."""

from __future__ import annotations

import io
import os
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO, Literal, TextIO, TypedDict, Unpack, cast, overload

from neurocomp.errors import UsageError
from neurocomp.frame.writer import FrameWriter
from neurocomp.pipeline.blocks import BlockCoder
from neurocomp.pipeline.options import CompressOptions
from neurocomp.pipeline.parallel import Monitor
from neurocomp.pipeline.seekable import SeekableContent

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer


BinaryMode = Literal["r", "w", "x", "rb", "wb", "xb"]
TextMode = Literal["rt", "wt", "xt"]
File = str | os.PathLike[str] | BinaryIO


class OpenOptions(TypedDict, total=False):
    """The keyword arguments of ``open_compressed``."""

    preset: str
    model: str | None
    coder: str
    block_bytes: int | None
    dictionary: str | None
    model_path: tuple[Path, ...]
    encoding: str | None
    errors: str | None
    newline: str | None


class _ContentReader(io.RawIOBase):
    """Read-only view of the content of a seekable compressed stream; seeks by block."""

    def __init__(
        self, stream: BinaryIO, *, owns_stream: bool, model_path: tuple[Path, ...]
    ) -> None:
        self._stream = stream
        self._owns_stream = owns_stream
        self._content = SeekableContent(stream, model_path)
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {
            io.SEEK_SET: 0,
            io.SEEK_CUR: self._position,
            io.SEEK_END: self._content.num_bytes,
        }[whence]
        if base + offset < 0:
            raise ValueError(f"negative seek position {base + offset}")
        self._position = base + offset
        return self._position

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        chunk = self._content.read_from(self._position, len(view))
        view[: len(chunk)] = chunk
        self._position += len(chunk)
        return len(chunk)

    def close(self) -> None:
        if self._owns_stream and not self.closed:
            self._stream.close()
        super().close()


_NOT_WHOLE = "an earlier write failed, so what is written is not a whole frame"


class _ContentWriter(io.RawIOBase):
    """Write-only file object that compresses block by block."""

    def __init__(
        self, stream: BinaryIO, *, owns_stream: bool, coder: BlockCoder, block_bytes: int
    ) -> None:
        self._stream = stream
        self._owns_stream = owns_stream
        self._coder = coder
        self._block_bytes = block_bytes
        self._writer = FrameWriter(stream, self._coder.header)
        self._buffer = bytearray()
        self._num_bytes = 0
        self._is_discarded = False
        self._has_failed = False

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        self._refuse_closed()
        return self._num_bytes + len(self._buffer)

    def write(self, data: ReadableBuffer) -> int:
        self._refuse_closed()
        if self._has_failed:
            raise OSError(_NOT_WHOLE)
        view = memoryview(data).cast("B")
        if self._is_discarded:
            return len(view)
        self._buffer += view
        while len(self._buffer) >= self._block_bytes:
            self._add_block(bytes(self._buffer[: self._block_bytes]))
            del self._buffer[: self._block_bytes]
        return len(view)

    def close(self) -> None:
        if self.closed:
            return
        try:
            if not self._is_discarded:
                if self._has_failed:
                    raise OSError(_NOT_WHOLE)
                self._finish()
        finally:
            super().close()
            if self._owns_stream:
                self._stream.close()

    def discard(self) -> None:
        """Give the frame up: it is left without its end, so that no reader takes it for whole."""
        self._is_discarded = True

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is not None:
            self.discard()
        super().__exit__(kind, error, traceback)

    def _finish(self) -> None:
        if self._buffer or not self._num_bytes:
            self._add_block(bytes(self._buffer))
            self._buffer.clear()
        self._writer.close()

    def _refuse_closed(self) -> None:
        if self.closed:
            raise ValueError("I/O operation on closed file")

    def _add_block(self, content: bytes) -> None:
        try:
            self._writer.add(self._coder.encode(content, Monitor().advance), content)
        except BaseException:
            self._has_failed = True
            raise
        self._num_bytes += len(content)


class _TextWriter(io.TextIOWrapper):
    """Text on top of a ``_ContentWriter``."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is not None:
            cast(_ContentWriter, self.buffer).discard()
        super().__exit__(kind, error, traceback)


@overload
def open_compressed(
    file: File, mode: BinaryMode = "rb", **options: Unpack[OpenOptions]
) -> BinaryIO: ...


@overload
def open_compressed(file: File, mode: TextMode, **options: Unpack[OpenOptions]) -> TextIO: ...


@overload
def open_compressed(file: File, mode: str, **options: Unpack[OpenOptions]) -> BinaryIO | TextIO: ...


def open_compressed(
    file: File,
    mode: str = "rb",
    *,
    preset: str = "default",
    model: str | None = None,
    coder: str = "arithmetic",
    block_bytes: int | None = None,
    dictionary: str | None = None,
    model_path: tuple[Path, ...] = (),
    encoding: str | None = None,
    errors: str | None = None,
    newline: str | None = None,
) -> BinaryIO | TextIO:
    """Open a compressed file for reading or writing its content.

    Reading seeks: only the blocks that are read are decoded.  Writing compresses when a block
    is full and on ``close``.  A ``with`` statement that is left by an exception leaves a frame
    without an end, which every reader refuses.

    Args:
        file: a path, or a binary file object that is left open (to be read it must seek).
        mode: "rb", "wb", "xb", or with "t" instead of "b" for text.
        preset: for writing, as in ``compress``; likewise ``model``, ``coder``, ``block_bytes``.
        model: see ``compress``.
        coder: see ``compress``.
        block_bytes: see ``compress``; smaller blocks make shorter seeks and longer files.
        dictionary: see ``compress``; for writing.
        model_path: files and folders that are searched for models besides the store.
        encoding: for text, as in ``open``; likewise ``errors`` and ``newline``.
        errors: see ``open``.
        newline: see ``open``.

    Raises:
        UsageError: a mode or option is wrong.
        FormatError: the file is not made of frames.
        OSError: as ``open``.
    """
    action, kind = mode.replace("t", "").replace("b", ""), "t" if "t" in mode else "b"
    if action not in ("r", "w", "x") or ("t" in mode and "b" in mode):
        raise UsageError(f"mode {mode!r} is not one of rb, wb, xb, rt, wt, xt")
    if kind == "b" and (encoding, errors, newline) != (None, None, None):
        raise UsageError("encoding, errors and newline are for text modes")
    options = CompressOptions(
        preset, model, coder, block_bytes, model_path=model_path, dictionary=dictionary
    )
    # Before the file is opened, which empties it: a wrong model must cost nobody a file.
    block_coder = None if action == "r" else BlockCoder.for_options(options)
    if isinstance(file, str | os.PathLike):
        stream, owns_stream = cast(BinaryIO, open(file, action + "b")), True  # noqa: SIM115
    else:
        stream, owns_stream = file, False
    content: BinaryIO
    try:
        if block_coder is None:
            raw = _ContentReader(stream, owns_stream=owns_stream, model_path=model_path)
            content = io.BufferedReader(raw)
        else:
            writer = _ContentWriter(
                stream,
                owns_stream=owns_stream,
                coder=block_coder,
                block_bytes=options.resolved_block_bytes,
            )
            content = cast(BinaryIO, writer)
    except BaseException:
        if owns_stream:
            stream.close()
        raise
    if kind == "b":
        return content
    wrapper = io.TextIOWrapper if action == "r" else _TextWriter
    return wrapper(content, encoding, errors, newline)
