"""What can be recognised in a damaged stream by itself: sound blocks, frames, trailers.

All of it is recognised by checksums, never by a magic number alone.
"""

from __future__ import annotations

import io
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import BinaryIO

from neurocomp.errors import FormatError
from neurocomp.frame import constants
from neurocomp.frame.block import BlockPlace
from neurocomp.frame.block_reader import BlockHead
from neurocomp.frame.checksums import StreamChecksums
from neurocomp.frame.header import FrameHeader, HeadLayout
from neurocomp.frame.index import locate_block, locate_header
from neurocomp.frame.source import ByteSource
from neurocomp.frame.trailer import Trailer, read_trailer

_CHUNK_BYTES = 1 << 20
_FOOTER_BYTES = 4 + len(constants.END_MAGIC)


@dataclass(frozen=True)
class FoundHeader:
    """A header that can be read, which does not yet say that it is sound."""

    header: FrameHeader
    num_bytes: int
    checksum: int


@dataclass(frozen=True)
class FoundBlock:
    """A block that can be read; whether its stored checksum is right under a frame's header."""

    head: BlockHead
    place: BlockPlace
    is_sound: bool

    @property
    def end(self) -> int:
        """Offset after its last byte."""
        return self.place.offset + self.place.stored_bytes


@dataclass(frozen=True)
class FoundTrailer:
    """A trailer whose checksum is right, and the offsets where it starts and ends."""

    trailer: Trailer
    start: int
    end: int

    @property
    def frame_start(self) -> int:
        """Offset of its frame, if no bytes were inserted or removed since it was written."""
        stored_bytes = sum(stored for stored, _ in self.trailer.sizes)
        return self.start - stored_bytes - self.trailer.header_bytes


class Landmarks:
    """Finds them.

    Args:
        stream: a seekable binary stream.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.checksums = StreamChecksums(stream)
        self.end = stream.seek(0, io.SEEK_END)

    def header_at(self, offset: int) -> FoundHeader:
        """Read the frame header at ``offset``; raises FormatError if there is none."""
        return FoundHeader(*locate_header(self._stream, offset))

    def block_at(self, offset: int, layout: HeadLayout, header_checksum: int) -> FoundBlock:
        """Read the block at ``offset``, of which the end may be cut off.

        Raises:
            FormatError: there is no head of a block.
        """
        head, place = locate_block(self._stream, offset, layout)
        if offset + place.stored_bytes > self.end:
            return FoundBlock(head, place, is_sound=False)
        checksum_at = offset + place.stored_bytes - constants.CHECKSUM_BYTES
        is_sound = self.checksum_at(checksum_at) == self.checksums.of(
            offset, checksum_at, header_checksum
        )
        return FoundBlock(head, place, is_sound)

    def trailer_at(self, offset: int) -> FoundTrailer | None:
        """Return the trailer that starts at ``offset``; None where no sound one does."""
        self._stream.seek(offset)
        source = ByteSource(self._stream, offset)
        try:
            return FoundTrailer(read_trailer(source), offset, source.offset)
        except FormatError:
            return None

    def is_frame(self, offset: int) -> bool:
        """Return whether the first block's checksum confirms a header at ``offset``."""
        try:
            found = self.header_at(offset)
            first = offset + found.num_bytes
            return self.block_at(first, found.header.layout, found.checksum).is_sound
        except FormatError:
            return False

    @cached_property
    def frames(self) -> list[int]:
        """Offsets of such headers, in order; content may hold some too."""
        return [at for at in self._occurrences(constants.MAGIC, 0) if self.is_frame(at)]

    def next_frame(self, offset: int) -> int:
        """Return the offset of the next such header, from ``offset`` on; the end if none."""
        number = bisect_left(self.frames, offset)
        return self.frames[number] if number < len(self.frames) else self.end

    def checksum_at(self, offset: int) -> int:
        """Return the checksum that stands at ``offset``."""
        return int.from_bytes(self.bytes_at(offset, constants.CHECKSUM_BYTES), "little")

    def bytes_at(self, offset: int, num_bytes: int) -> bytes:
        """Return bytes, fewer at the stream's end."""
        self._stream.seek(offset)
        return self._stream.read(num_bytes)

    def frame_ends_at(self, offset: int, has_trailer: bool) -> bool:
        """Return whether the end of a frame's blocks, or its trailer, is at ``offset``."""
        if has_trailer:
            return self.trailer_at(offset) is not None
        return offset == self.end or self.is_frame(offset)

    @cached_property
    def trailers(self) -> list[FoundTrailer]:
        """All sound trailers, in order.  Content may hold some that belong to no frame here."""
        found = (self._trailer_before(at + 4) for at in self._occurrences(constants.END_MAGIC, 0))
        return [one for one in found if one is not None]

    @cached_property
    def _last_trailers(self) -> dict[int, FoundTrailer]:
        return {one.frame_start: one for one in self.trailers}

    def last_trailer_of(self, start: int) -> FoundTrailer | None:
        """Return the trailer whose frame starts at ``start``.

        The last one: content that imitates one stands before the frame's own.
        """
        return self._last_trailers.get(start)

    def trailers_after(self, offset: int, count: int) -> list[FoundTrailer]:
        """Return the first ``count`` sound trailers from ``offset`` on."""
        first = bisect_left(self.trailers, offset, key=lambda one: one.end)
        return [one for one in self.trailers[first : first + count] if one.start >= offset]

    def _trailer_before(self, end: int) -> FoundTrailer | None:
        if end < _FOOTER_BYTES:
            return None
        self._stream.seek(end - _FOOTER_BYTES)
        total_bytes = int.from_bytes(self._stream.read(4), "little")
        body_bytes = total_bytes - _FOOTER_BYTES - constants.CHECKSUM_BYTES
        if body_bytes <= 0 or total_bytes > min(end, constants.MAX_TRAILER_BYTES):
            return None
        start = end - total_bytes
        # Before it is read: magic bytes are cheap to forge by the thousand.
        if self.checksum_at(start + body_bytes) != self.checksums.of(start, start + body_bytes):
            return None
        return self.trailer_at(start)

    def _occurrences(self, magic: bytes, start: int) -> Iterator[int]:
        overlap = len(magic) - 1
        while start < self.end:
            self._stream.seek(start)
            chunk = self._stream.read(_CHUNK_BYTES + overlap)
            at = chunk.find(magic)
            while at >= 0:
                yield start + at
                at = chunk.find(magic, at + 1)
            start += _CHUNK_BYTES
