"""Bytes of frames that come in pieces, and how many of them the next step of a reader takes."""

from __future__ import annotations

import io
from typing import BinaryIO, cast

from neurocomp.errors import ChecksumError, FormatError, TruncatedError
from neurocomp.frame import constants
from neurocomp.frame.block_reader import BlockHead, read_block_head
from neurocomp.frame.header import HeadLayout, read_header
from neurocomp.frame.reader import FrameBlock, FrameEnd
from neurocomp.frame.source import ByteSource
from neurocomp.frame.trailer import Trailer


def check_content(end: FrameEnd, checksum: int) -> None:
    """Raise ChecksumError unless the decoded content of a frame has the CRC-32 that it records."""
    if end.trailer is not None and end.trailer.content_checksum != checksum:
        raise ChecksumError("the content does not have the checksum that the frame records")


_LIKELY_HEAD_BYTES = 1 << 10
_MOST_HEAD_BYTES = constants.MAX_HEADER_BYTES + constants.MAX_BLOCK_HEAD_BYTES
"""Bytes of a frame header and a block's fields together: nearly always, and at most."""


class Feed:
    """A stream of bytes that came in pieces; what was read is gone."""

    def __init__(self) -> None:
        self._data = bytearray()

    def __len__(self) -> int:
        return len(self._data)

    def add(self, view: memoryview) -> None:
        """Append bytes."""
        self._data += view

    def peek(self, size: int) -> bytes:
        """Return the first ``size`` bytes, fewer where there aren't as many."""
        with memoryview(self._data) as view:
            return bytes(view[:size])

    def read(self, size: int = -1, /) -> bytes:
        """Take the first ``size`` bytes, or all."""
        data = self.peek(len(self._data) if size < 0 else size)
        del self._data[: len(data)]
        return data

    @property
    def binary(self) -> BinaryIO:
        """This, for functions that read."""
        return cast(BinaryIO, self)


class FrameSteps:
    """Tells whether a feed has all the bytes of the next event of ``read_frames``, for one frame.

    It judges nothing: bytes that are not a frame count as ready, and the reader reports them.
    """

    def __init__(self) -> None:
        self._layout = HeadLayout(0)
        self._header_bytes = 0
        self._head: BlockHead | None = None
        self._needed_bytes: int | None = None
        self._sizes: list[tuple[int, int]] = []
        self.is_at_end = False
        """Whether the frame's last block was taken, so that the next event is its end."""

    def are_ready(self, feed: Feed) -> bool:
        """Return whether the next event can be read from ``feed``."""
        if self._needed_bytes is None:
            self._needed_bytes = self._next_bytes(feed)
        return self._needed_bytes is not None and len(feed) >= self._needed_bytes

    def took(self, event: FrameBlock | FrameEnd) -> None:
        """Go on after ``event``, which was read."""
        self._needed_bytes = None
        if isinstance(event, FrameBlock):
            self._sizes.append((event.place.stored_bytes, event.place.decoded_bytes))
            self.is_at_end = self._head is not None and self._head.is_last

    def _next_bytes(self, feed: Feed) -> int | None:
        """Return the size of what comes next, or None where that can't be told yet."""
        if self.is_at_end:
            if self._head is None or not self._head.has_trailer:
                return 0
            return len(Trailer(self._header_bytes, tuple(self._sizes), 0).to_bytes())
        for most in (_LIKELY_HEAD_BYTES, _MOST_HEAD_BYTES):
            start = feed.peek(most)
            needed_bytes = self._block_bytes(start)
            if needed_bytes is not None or len(start) < most:
                return needed_bytes
        return 0

    def _block_bytes(self, start: bytes) -> int | None:
        """Return the size of what comes next as its first bytes tell it; None where they don't."""
        magic = constants.MAGIC
        if not self._sizes and len(start) < len(magic) and magic.startswith(start):
            return None
        source = ByteSource(io.BytesIO(start))
        try:
            if not self._sizes:
                header = read_header(source)
                assert header is not None, "there are bytes"
                self._layout, self._header_bytes = header.layout, source.offset
            self._head = read_block_head(source, self._layout)
        except TruncatedError:
            return None
        except FormatError:
            return 0
        return source.offset + self._head.payload_bytes + constants.CHECKSUM_BYTES
