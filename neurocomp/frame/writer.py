"""Writing one or more frames, block by block, to a stream that need not seek."""

from __future__ import annotations

import zlib
from typing import BinaryIO

from neurocomp.frame import constants
from neurocomp.frame.block import Block
from neurocomp.frame.header import FrameHeader
from neurocomp.frame.trailer import Trailer


class FrameWriter:
    """Writes blocks after a header; ``close`` ends the frame.

    One block is held back, because the last one says that it is the last.  After
    ``constants.MAX_BLOCKS`` blocks the content goes on in a new frame.
    """

    def __init__(self, sink: BinaryIO, header: FrameHeader) -> None:
        self._sink = sink
        self._layout = header.layout
        self._header = header.to_bytes()
        self._pending: Block | None = None
        self._sizes: list[tuple[int, int]] = []
        self._content_checksum = 0
        self.num_bytes = 0
        """Bytes written so far."""

    def add(self, block: Block, content: bytes) -> None:
        """Append a block and tell the content that it stands for."""
        if self._pending is not None:
            self._write_pending(last=len(self._sizes) + 1 == constants.MAX_BLOCKS)
        self._pending = block
        self._content_checksum = zlib.crc32(content, self._content_checksum)

    def close(self) -> None:
        """Write what is held back and the trailer.

        Raises:
            ValueError: there was no block: a frame has no empty content.
        """
        if self._pending is None:
            raise ValueError("a frame needs at least one block")
        self._write_pending(last=True)
        self._pending = None

    def _write_pending(self, *, last: bool) -> None:
        block = self._pending
        if block is None:
            return
        if not self._sizes:
            self._write(self._header)
        trailer = last and bool(self._sizes)
        data = block.to_bytes(header=self._header, layout=self._layout, last=last, trailer=trailer)
        self._write(data)
        self._sizes.append((len(data), block.decoded_bytes))
        if trailer:
            sizes = tuple(self._sizes)
            self._write(Trailer(len(self._header), sizes, self._content_checksum).to_bytes())
        if last:
            self._sizes.clear()
            self._content_checksum = 0

    def _write(self, data: bytes) -> None:
        self._sink.write(data)
        self.num_bytes += len(data)
