"""The content of frames as a raw stream: in order as it comes, and anywhere where it seeks."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from neurocomp.errors import ChecksumError, FormatError, TruncatedError
from neurocomp.frame import constants
from neurocomp.frame.reader import FrameBlock, FrameEnd, read_frames
from neurocomp.library.feed import check_content
from neurocomp.library.streams import Source, Stream
from neurocomp.pipeline.seekable import SeekableContent
from neurocomp.pipeline.streams import FrameCoders

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class ContentReader(io.RawIOBase):
    """Read-only view of the content of a stream of frames.

    Read in order, it is what ``decompress`` reads, with the same checks, and the stream need not
    seek.  After a seek to another block only the blocks that are read are decoded.

    Args:
        stream: the compressed file; it is read from its current position, and left open.
        threads: sections of a block that are decoded at once; 0 for as many as there are cores.
        model_path: files and folders to search for models as well as the store.
    """

    def __init__(self, stream: Stream, *, threads: int, model_path: tuple[Path, ...]) -> None:
        self._source = Source(stream)
        self._model_path = model_path
        self._coders = FrameCoders(model_path, threads)
        self._anywhere: SeekableContent | None = None
        self._position = 0
        self._is_in_order = True
        self._start_over()

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return whether the stream of frames can seek."""
        return self._source.can_seek

    def tell(self) -> int:
        """Return the offset in the content."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to an offset of the content; one outside of it is its nearest end."""
        if whence not in (io.SEEK_SET, io.SEEK_CUR, io.SEEK_END):
            raise ValueError(f"whence is 0, 1 or 2, not {whence}")
        if not self._source.can_seek:
            raise io.UnsupportedOperation("the file cannot seek")
        if whence == io.SEEK_END:
            offset += self._content_anywhere().num_bytes
        elif whence == io.SEEK_CUR:
            offset += self._position
        self._go_to(max(offset, 0))
        return self._position

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Read into ``buffer``, up to the end of a block."""
        with memoryview(buffer) as view, view.cast("B") as room:
            chunk = self._read_some(len(room))
            room[: len(chunk)] = chunk
        return len(chunk)

    def readall(self) -> bytes:
        """Read all that is left."""
        chunks = []
        while chunk := self._read_some(constants.MAX_BLOCK_BYTES):
            chunks.append(chunk)
        return b"".join(chunks)

    def _go_to(self, position: int) -> None:
        if self._is_in_order and 0 <= position - self._block_start <= len(self._block):
            self._position = position
        elif position == 0:
            self._source.seek(0)
            self._start_over()
        else:
            content = self._content_anywhere()
            self._position = min(position, content.num_bytes)
            self._is_in_order = False

    def _content_anywhere(self) -> SeekableContent:
        """Return the content by block; the place in the stream is lost by that."""
        if self._anywhere is None:
            place = self._source.tell()
            self._anywhere = SeekableContent(self._source.binary, self._model_path)
            self._source.seek(place)
        return self._anywhere

    def _start_over(self) -> None:
        """Read in order, from the first block."""
        self._events: Iterator[FrameBlock | FrameEnd] = read_frames(self._source.binary)
        self._event: FrameBlock | FrameEnd | None = None
        self._failure: BaseException | None = None
        self._block = b""
        self._block_start = 0
        self._checksum = 0
        self._position = 0
        self._is_in_order = True

    def _read_some(self, limit: int) -> bytes:
        if self.closed:
            raise ValueError("I/O operation on closed file")
        if limit == 0:
            return b""
        if not self._is_in_order:
            chunk = self._content_anywhere().read_from(self._position, limit)
        else:
            while self._position == self._block_start + len(self._block):
                if not self._next_block():
                    return b""
            start = self._position - self._block_start
            chunk = self._block[start : start + limit]
        self._position += len(chunk)
        return chunk

    def _next_block(self) -> bool:
        """Decode the next block; False at the end of the last frame."""
        event = self._next_event()
        if event is None:
            return False
        if isinstance(event, FrameBlock):
            content = self._coders.decode(event.header, event.block, lambda _: None)
            self._checksum = zlib.crc32(content, self._checksum)
            self._block_start += len(self._block)
            self._block = content
        else:
            try:
                check_content(event, self._checksum)
            except ChecksumError as error:
                self._failure = error
                raise
            self._checksum = 0
        self._event = None
        return True

    def _next_event(self) -> FrameBlock | FrameEnd | None:
        """Return the next event, the same one until it has been dealt with."""
        if self._failure is not None:
            raise self._failure.with_traceback(None)
        if self._event is None:
            try:
                self._event = next(self._events, None)
            except FormatError as error:
                self._failure = self._truncated() or error
                raise self._failure from None
            except Exception as error:
                self._failure = error
                raise
            except BaseException:
                self._failure = OSError("an earlier read was interrupted: open the file again")
                raise
        return self._event

    def _truncated(self) -> TruncatedError | None:
        """Return the error of a file that ends before its first frame has begun to be one."""
        first = self._source.first
        if not first:
            return TruncatedError("not a neurocomp file: it is empty")
        if len(first) < len(constants.MAGIC) and constants.MAGIC.startswith(first):
            return TruncatedError("the data ends within the first bytes of a frame")
        return None
