"""A compressed file as a binary file object, in the manner of ``lzma.LZMAFile``."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Unpack

from neurocomp.library import ending
from neurocomp.library.arguments import (
    CompressArguments,
    PathArgument,
    compress_options,
    reading_options,
)
from neurocomp.library.reader import ContentReader
from neurocomp.library.streams import Buffer, BufferedFile, Sink, Stream, byte_view
from neurocomp.library.underlying import Underlying, check_file_and_mode
from neurocomp.library.writer import ContentWriter, NotWholeError
from neurocomp.pipeline.blocks import BlockCoder
from neurocomp.pipeline.options import DecompressOptions
from neurocomp.threads import ForkLock

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class NeurocompFile(BufferedFile):
    """The content of a compressed file, for reading or for writing.

    Written content is coded when a block is full, on ``flush`` and on ``close``.  A ``with``
    statement finishes the frame however it is left; after Ctrl-C the rest of the last block is
    stored rather than coded, which takes no time.  So does the end of the program.

    Args:
        file: a path, or a binary file object, which is left open.  It is read from where it
            stands, in order if it cannot seek, and written to where it stands.
        mode: "r" to read; "w" to write a new file, "x" to do so only where there is none, "a" to
            write frames after those that are there; each may have a "b".
        arguments: those of ``compress`` for writing; ``threads`` and ``model_path`` for reading.

    Raises:
        TypeError: ``file`` is neither, or an argument has a type that it can't have.
        UsageError: the mode is none of these, or an argument is wrong: nothing was opened.
        ModelError: there is no such model.
        FormatError: what is to be appended to is not made of frames.
        OSError: as ``open``.
    """

    def __init__(
        self,
        file: PathArgument | Stream,
        mode: str = "r",
        **arguments: Unpack[CompressArguments],
    ) -> None:
        self._below: Underlying | None = None
        self._buffer: io.BufferedReader | None = None
        self._writer: ContentWriter | None = None
        self._lock = ForkLock()
        self._process = os.getpid()
        self._is_hurried = self._poses_as_seekable = False
        check_file_and_mode(file, mode)
        self._is_writer = mode[0] != "r"
        if not self._is_writer:
            self._open_reader(file, reading_options(arguments))
            return
        options = compress_options(**arguments)
        # Before the file is opened, which empties it: a wrong model must cost nobody a file.
        coder = BlockCoder.for_options(options)
        self._below = Underlying(file, mode)
        self._writer = ContentWriter(Sink(self._fp), coder, options)
        ending.watch(self)

    def _open_reader(self, file: PathArgument | Stream, options: DecompressOptions) -> None:
        self._below = Underlying(file, "r")
        try:
            raw = ContentReader(self._fp, threads=options.threads, model_path=options.model_path)
        except BaseException:
            self._close_below()
            raise
        self._buffer = io.BufferedReader(raw)

    @property
    def _fp(self) -> Any:
        """The compressed file; None where this one is closed."""
        return None if self._below is None else self._below.stream

    @property
    def closed(self) -> bool:
        """Whether the file is closed."""
        return self._fp is None

    @property
    def mode(self) -> str:
        """ "rb" or "wb"."""
        return "wb" if self._is_writer else "rb"

    @property
    def name(self) -> Any:
        """The name of the compressed file."""
        self._refuse_closed()
        return self._fp.name

    def __repr__(self) -> str:
        state = "closed" if self.closed else repr(self._fp)
        return f"<neurocomp.NeurocompFile {self.mode} {state}>"

    def fileno(self) -> int:
        """Return the descriptor of the compressed file."""
        self._refuse_closed()
        return int(self._fp.fileno())

    def readable(self) -> bool:
        """Return whether the file was opened for reading."""
        self._refuse_closed()
        return not self._is_writer

    def writable(self) -> bool:
        """Return whether the file was opened for writing."""
        self._refuse_closed()
        return self._is_writer

    def seekable(self) -> bool:
        """Return whether the content can be read anywhere."""
        self._refuse_closed()
        return self._poses_as_seekable if self._buffer is None else self._buffer.seekable()

    def read(self, size: int | None = -1, /) -> bytes:
        """Read up to ``size`` bytes of content, or all that is left."""
        return self._reading().read(size)

    def read1(self, size: int = -1, /) -> bytes:
        """Read up to ``size`` bytes, and at most a buffer's worth."""
        return self._reading().read1(io.DEFAULT_BUFFER_SIZE if size < 0 else size)

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Fill ``buffer`` from the content; return how many bytes it got."""
        return self._reading().readinto(buffer)

    def readinto1(self, buffer: WriteableBuffer, /) -> int:
        """Read into ``buffer``, a buffer's worth at most."""
        return self._reading().readinto1(buffer)

    def readline(self, size: int | None = -1, /) -> bytes:
        """Read up to the end of a line."""
        return self._reading().readline(-1 if size is None else size)

    def peek(self, size: int = -1, /) -> bytes:
        """Return some of what comes next, at least a byte unless it is the end."""
        return self._reading().peek(max(size, 0))

    def __next__(self) -> bytes:
        return next(self._reading())

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to an offset of the content, which costs the decoding of one block."""
        buffer = self._reading()
        if not buffer.seekable():
            raise io.UnsupportedOperation("the file cannot seek")
        return buffer.seek(offset, whence)

    def tell(self) -> int:
        """Return the offset in the content; of a writer, the bytes that it was given."""
        self._refuse_closed()
        if self._writer is None:
            return self._reading().tell()
        base = self._below.content_bytes if self._below and self._poses_as_seekable else 0
        return self._writer.num_bytes + base

    def write(self, data: Buffer, /) -> int:
        """Take the bytes of ``data``; return how many these are."""
        with byte_view(data) as view, self._lock:
            writer = self._writing()
            self.claim()
            num_bytes = writer.write(view)
            if ending.is_ending():
                self._end_frame()
        return num_bytes

    def writelines(self, lines: Iterable[Buffer], /) -> None:
        """Write one after the other."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """End the block and its frame, so that a reader has all that was written.

        What a block has learnt is forgotten after it: flushing often makes a larger file.  Nothing
        is added where nothing was written since the last time.
        """
        self._refuse_closed()
        if self._writer is not None and not self._poses_as_seekable:
            with self._lock:
                self._end_frame()

    def close(self) -> None:
        """Finish the frame and close what was opened by path."""
        with self._lock:
            if self._below is None:
                return
            try:
                if self._buffer is not None:
                    self._buffer.close()
                elif self._writer is not None:
                    self._writer.finish(store=self._is_hurried)
                    if not self._below.is_own:
                        Sink(self._fp).flush()
            finally:
                self._close_below()

    def finish_at_exit(self) -> None:
        """Write what is not written yet, for a program that ends."""
        if self._writer is None or self._fp is None or not self.is_of_this_process:
            return
        with self.posing_as_seekable():
            for layer in ending.layers_on(self):
                layer.flush()
        with self._lock:
            if not self._writer.has_failed:
                self._writer.finish()
                Sink(self._fp).flush()

    @property
    def is_of_this_process(self) -> bool:
        """Whether this process opened it or wrote to it, rather than the one it was forked from."""
        return self._process == os.getpid()

    def claim(self) -> None:
        """Make it this process's to finish, because it writes to it."""
        self._process = os.getpid()

    def abandon(self) -> None:
        """Close nothing and write nothing: it is another process's to finish."""
        self._below = None

    @contextmanager
    def posing_as_seekable(self) -> Iterator[None]:
        """Let text on top ask for the position, and hand its text on without the end of a block."""
        self._poses_as_seekable = True
        try:
            yield
        finally:
            self._poses_as_seekable = False

    def hurry(self) -> None:
        """Have ``close`` take no time: the rest of the last block is stored as it is."""
        self._is_hurried = True

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is not None and issubclass(kind, KeyboardInterrupt):
            self.hurry()
        try:
            self.close()
        except NotWholeError:
            if kind is None:
                raise  # Else the error that made it so is on its way.

    def __del__(self) -> None:
        # The copy that a forked process inherits is the parent's to finish.
        if getattr(self, "_fp", None) is not None:
            if self._is_writer and not self.is_of_this_process:
                self.abandon()
            else:
                self.close()

    def __reduce_ex__(self, protocol: object) -> Any:
        raise TypeError("an open file cannot be pickled or copied: send its path")

    def _end_frame(self) -> None:
        self._writing().end_frame(store=self._is_hurried)
        Sink(self._fp).flush()

    def _close_below(self) -> None:
        below, self._below = self._below, None
        if below is not None:
            below.close()

    def _reading(self) -> io.BufferedReader:
        self._refuse_closed()
        if self._buffer is None:
            raise io.UnsupportedOperation("the file was opened for writing")
        return self._buffer

    def _writing(self) -> ContentWriter:
        self._refuse_closed()
        if self._writer is None:
            raise io.UnsupportedOperation("the file was opened for reading")
        return self._writer

    def _refuse_closed(self) -> None:
        if self._fp is None:
            raise ValueError("I/O operation on closed file")
