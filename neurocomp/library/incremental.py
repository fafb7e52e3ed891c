"""Incremental compression and decompression, like that of ``lzma`` and ``zstd``."""

from __future__ import annotations

import io
import zlib
from typing import Any, ClassVar, Unpack

from neurocomp.errors import UsageError
from neurocomp.frame import constants
from neurocomp.frame.reader import FrameBlock, read_frames
from neurocomp.library.arguments import (
    CompressArguments,
    ModelPath,
    compress_options,
    decompress_options,
)
from neurocomp.library.feed import Feed, FrameSteps, check_content
from neurocomp.library.streams import Buffer, Sink, byte_view
from neurocomp.library.writer import ContentWriter
from neurocomp.pipeline.blocks import BlockCoder
from neurocomp.pipeline.streams import FrameCoders
from neurocomp.threads import ForkLock


class Compressor:
    """Takes content in pieces and returns the frame in pieces.

    The results of ``compress`` and ``flush``, joined, are the frame; without `FLUSH_BLOCK` it is
    the one that ``neurocomp.compress`` makes of the whole content.

    Args:
        arguments: those of ``neurocomp.compress``.

    Raises:
        TypeError, UsageError, ModelNotFoundError: as ``neurocomp.compress``.
    """

    CONTINUE: ClassVar[int] = 0
    """Code full blocks, keep the rest."""
    FLUSH_BLOCK: ClassVar[int] = 1
    """Code the rest as well, so that a reader has all data given so far.

    A frame's last block is marked when it is written, so the frame ends with it; later data starts
    another one.  What a block has learnt is forgotten after it.
    """
    FLUSH_FRAME: ClassVar[int] = 2
    """End the frame; without any data, it is the frame of empty content."""

    def __init__(self, **arguments: Unpack[CompressArguments]) -> None:
        options = compress_options(**arguments)
        self._written = io.BytesIO()
        coder = BlockCoder.for_options(options)
        self._writer = ContentWriter(Sink(self._written), coder, options)
        self._lock = ForkLock()
        self.last_mode = self.FLUSH_FRAME
        """The mode of the last call."""

    def compress(self, data: Buffer, mode: int = CONTINUE) -> bytes:
        """Take ``data`` and return the part of the frame that is ready, which may be empty."""
        _check_mode(mode)
        with byte_view(data) as view, self._lock:
            self._writer.write(view)
            return self._end(mode)

    def flush(self, mode: int = FLUSH_FRAME) -> bytes:
        """Return the rest of the block or the frame, by ``mode``.

        After the end of a frame, ``compress`` starts another one.

        Raises:
            UsageError: ``mode`` is not `FLUSH_BLOCK` or `FLUSH_FRAME`.
        """
        _check_mode(mode, lowest=self.FLUSH_BLOCK)
        with self._lock:
            return self._end(mode)

    def _end(self, mode: int) -> bytes:
        if mode == self.FLUSH_BLOCK:
            self._writer.end_frame()
        elif mode == self.FLUSH_FRAME:
            self._writer.finish()
        self.last_mode = mode
        written = self._written.getvalue()
        self._written.seek(0)
        self._written.truncate()
        return written

    def __reduce_ex__(self, protocol: object) -> Any:
        raise TypeError("a Compressor cannot be pickled or copied: send its options")


def _check_mode(mode: int, lowest: int = Compressor.CONTINUE) -> None:
    """Raise UsageError unless ``mode`` is one, from ``lowest`` on."""
    if mode not in range(lowest, Compressor.FLUSH_FRAME + 1):
        names = ("CONTINUE", "FLUSH_BLOCK", "FLUSH_FRAME")[lowest:]
        raise UsageError(f"mode {mode!r} is not one of {', '.join(names)}")


class Decompressor:
    """Takes a frame in pieces and returns its content, block by block.

    It stops at the end of a frame: then `eof` is True, and `unused_data` has the data after it.  If
    that, or later data, is another frame, pass it to ``decompress`` again::

        content = decompressor.decompress(data)
        while decompressor.eof and decompressor.unused_data:
            content += decompressor.decompress(decompressor.unused_data)

    Args:
        threads: sections of a block that are decoded at once; 0 for as many as there are cores.
        model_path: a file or folder, or several, to search for models as well as the store.
    """

    def __init__(self, *, threads: int = 0, model_path: ModelPath = ()) -> None:
        options = decompress_options(threads, model_path)
        self._coders = FrameCoders(options.model_path, options.threads)
        self._lock = ForkLock()
        self._feed = Feed()
        self._failure: Exception | None = None
        self._unused = b""
        self._begin_frame()

    @property
    def eof(self) -> bool:
        """Whether a frame has ended and all of its content was returned."""
        return self._has_ended and not self._content

    @property
    def unused_data(self) -> bytes:
        """The data after the end of the frame; empty before `eof`."""
        return self._unused if self.eof else b""

    @property
    def needs_input(self) -> bool:
        """Whether ``decompress`` needs more data before it can return anything."""
        if self._content or self._has_ended or self._failure is not None:
            return False
        return not self._steps.are_ready(self._feed)

    def decompress(self, data: Buffer, max_length: int = -1) -> bytes:
        """Take ``data`` and return the content that is decoded so far.

        Args:
            data: the next piece of the frame; empty to get the remaining content.
            max_length: most bytes to return; negative for all.

        Raises:
            EOFError: the frame has ended, and ``data`` does not start another one.
            FormatError: the frame is damaged; later calls raise this too.
            ModelError: its model is missing or not the right one.
        """
        with byte_view(data) as view, self._lock:
            if self._failure is not None:
                raise self._failure.with_traceback(None)
            if self.eof:
                first = bytes(view[: len(constants.MAGIC)])
                if not first or not constants.MAGIC.startswith(first):
                    raise EOFError("already at the end of the frame")
                self._begin_frame()
            if self._has_ended:
                self._unused += view
            else:
                self._feed.add(view)
            return self._take(max_length)

    def _begin_frame(self) -> None:
        self._steps = FrameSteps()
        self._events = read_frames(self._feed.binary)
        self._content = bytearray()
        self._checksum = 0
        self._has_ended = False
        self._unused = b""

    def _take(self, max_length: int) -> bytes:
        """Decode until there is enough content, and return it."""
        try:
            while not self._has_ended and self._steps.are_ready(self._feed):
                if 0 <= max_length <= len(self._content) and not self._steps.is_at_end:
                    break
                self._decode_next()
        except Exception as error:
            self._failure = error
            raise
        except BaseException:
            self._failure = OSError("an earlier call was interrupted: start again")
            raise
        size = len(self._content) if max_length < 0 else max_length
        content = bytes(self._content[:size])
        del self._content[:size]
        return content

    def _decode_next(self) -> None:
        event = next(self._events)
        self._steps.took(event)
        if isinstance(event, FrameBlock):
            content = self._coders.decode(event.header, event.block, lambda _: None)
            self._checksum = zlib.crc32(content, self._checksum)
            self._content += content
            return
        check_content(event, self._checksum)
        self._has_ended = True
        self._unused = self._feed.read()

    def __reduce_ex__(self, protocol: object) -> Any:
        raise TypeError("a Decompressor cannot be pickled or copied: make a new one")
