"""Compression piece by piece, in the manner of ``compression.zstd.ZstdCompressor``."""

from __future__ import annotations

import io
from typing import Any, ClassVar, Unpack

from neurocomp.errors import UsageError
from neurocomp.library.arguments import CompressArguments, compress_options
from neurocomp.library.buffers import Buffer, byte_view
from neurocomp.library.streams import Sink
from neurocomp.library.writer import ContentWriter
from neurocomp.pipeline.blocks import BlockCoder
from neurocomp.threads import ForkLock


class Compressor:
    """Takes content in pieces and gives back the frame in pieces.

    All that ``compress`` and ``flush`` return, one after the other, is the frame; without
    `FLUSH_BLOCK` it is the one that ``neurocomp.compress`` makes of the whole content.

    Args:
        arguments: those of ``neurocomp.compress``.

    Raises:
        TypeError, UsageError, ModelNotFoundError: as ``neurocomp.compress``.
    """

    CONTINUE: ClassVar[int] = 0
    """Code full blocks, keep the rest."""
    FLUSH_BLOCK: ClassVar[int] = 1
    """Code the rest as well, so that a reader has all that was given.

    A frame's last block is marked as such when it is written, so the frame ends with it; what is
    given later begins another one.  What a block has learnt is forgotten after it.
    """
    FLUSH_FRAME: ClassVar[int] = 2
    """End the frame; where nothing was given at all, it is the frame of no content."""

    def __init__(self, **arguments: Unpack[CompressArguments]) -> None:
        options = compress_options(**arguments)
        self._written = io.BytesIO()
        coder = BlockCoder.for_options(options)
        self._writer = ContentWriter(Sink(self._written), coder, options)
        self._lock = ForkLock()
        self.last_mode = self.FLUSH_FRAME
        """The mode of the last call."""

    def compress(self, data: Buffer, mode: int = CONTINUE) -> bytes:
        """Take ``data`` and return what of the frame is ready by then, which may be nothing."""
        _check_mode(mode)
        with byte_view(data) as view, self._lock:
            self._writer.write(view)
            return self._end(mode)

    def flush(self, mode: int = FLUSH_FRAME) -> bytes:
        """Return what is missing of the block or the frame, by ``mode``.

        After the end of a frame ``compress`` begins another one.

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
