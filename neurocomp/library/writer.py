"""Content to blocks to frames, as it comes: what compressors and file objects write with."""

from __future__ import annotations

from typing import BinaryIO, cast

from neurocomp.codec import Tick
from neurocomp.frame.block import Block
from neurocomp.library.streams import Sink
from neurocomp.pipeline.blocks import BlockCoder
from neurocomp.pipeline.choice import ChosenWriter, CodedContent, FrameEncoder
from neurocomp.pipeline.options import CompressOptions
from neurocomp.pipeline.parallel import Monitor


class NotWholeError(OSError):
    """An earlier write failed, so that nothing makes a whole frame of what is written."""

    def __init__(self, *args: object) -> None:
        text = "an earlier write failed, so what is written is not a whole frame"
        super().__init__(*(args or (text,)))


class ContentWriter:
    """Takes content in any pieces and writes frames, whose blocks don't depend on the pieces.

    Args:
        sink: the output; it is written front to back.
        coder: the one that ``options`` ask for; it may be in use elsewhere as well.
        options: the model, the coder and the sizes to use.
        tick: a function that is called with the content bytes done.
    """

    def __init__(
        self, sink: Sink, coder: BlockCoder, options: CompressOptions, tick: Tick | None = None
    ) -> None:
        self._sink = cast(BinaryIO, sink)
        self._encoder = FrameEncoder(coder, options)
        self._block_bytes = options.resolved_block_bytes
        self._tick = tick or Monitor().advance
        self._buffer = bytearray()
        self._frame: ChosenWriter | None = None
        self.num_bytes = 0
        """Content that was taken."""
        self.num_frames = 0
        """Frames that are whole."""
        self.has_failed = False
        """Whether a write failed midway: then what is written never is a whole frame."""

    def write(self, view: memoryview) -> int:
        """Take the bytes of ``view`` and write the blocks that are full.

        Where coding is interrupted, what was taken is kept: ``finish`` has it.
        """
        self._refuse_failed()
        start = 0
        while start < len(view):
            if len(self._buffer) >= self._block_bytes:
                self._add_block()
            piece = view[start : start + self._block_bytes - len(self._buffer)]
            self._buffer += piece
            self.num_bytes += len(piece)
            start += len(piece)
        if len(self._buffer) >= self._block_bytes:
            self._add_block()
        return len(view)

    def end_frame(self, *, store: bool = False) -> None:
        """End the block and the frame, so that a reader has all that was taken.

        Nothing is written where nothing came since the last frame.

        Args:
            store: leave the rest of the content as it is, which takes no time.
        """
        self._refuse_failed()
        if self._buffer:
            self._add_block(store=store)
        if self._frame is not None:
            frame = self._frame
            try:
                frame.close()
                self._frame = None
            except BaseException:
                self.has_failed = True
                raise
            self.num_frames += 1

    def finish(self, *, store: bool = False) -> None:
        """End the last frame; where there was no content at all, write that of no content."""
        self.end_frame(store=store)
        if not self.num_frames:
            self._add_block(store=store)
            self.end_frame()

    def _add_block(self, *, store: bool = False) -> None:
        content = bytes(self._buffer)
        coded = CodedContent(Block.stored(content)) if store else self._coded(content)
        # From here on an interruption leaves nobody knowing what is written.
        try:
            if self._frame is None:
                self._frame = ChosenWriter(self._sink, self._encoder)
            self._frame.add(coded, content)
            self._buffer.clear()
        except BaseException:
            self.has_failed = True
            raise

    def _coded(self, content: bytes) -> CodedContent:
        return self._encoder.encode(content, self._tick)

    def _refuse_failed(self) -> None:
        if self.has_failed:
            raise NotWholeError
