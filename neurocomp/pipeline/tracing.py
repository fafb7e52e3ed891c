"""The blocks of a content or a frame, with what each of their symbols costs."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from neurocomp.codec import Tick
from neurocomp.codec.trace import Asked, Trace
from neurocomp.errors import FormatError, MissingPackageError
from neurocomp.frame.block import Block, Method
from neurocomp.frame.header import FrameHeader
from neurocomp.frame.reader import FrameBlock, read_frames
from neurocomp.pipeline.block_checks import check_block
from neurocomp.pipeline.blocks import BlockCoder
from neurocomp.pipeline.choice import ChosenWriter, FrameEncoder
from neurocomp.pipeline.contents import read_contents
from neurocomp.pipeline.inspect import FrameInfo, inspect_frames
from neurocomp.pipeline.options import CompressOptions, DecompressOptions
from neurocomp.pipeline.parallel import Monitor, Report
from neurocomp.pipeline.streams import FrameCoders
from neurocomp.symbols import BYTES
from neurocomp.symbols.description import Description
from neurocomp.transforms import TRANSFORMS
from neurocomp.transforms.origins import origins


@dataclass(frozen=True, eq=False)
class TracedBlock:
    """A block of a frame whose costs are known.

    Attributes:
        content: the decoded content.
        payload_bytes: size of its payload, or of the content that is stored.
        trace: costs of its n symbols.
        description: description of the symbols.
        bounds: int64 (n + 1,), where in the content each symbol begins, and its end; None where
            symbols are not pieces of the content.
    """

    content: bytes
    payload_bytes: int
    trace: Trace
    description: Description
    bounds: NDArray[np.int64] | None


@dataclass(frozen=True, eq=False)
class TracedFrames:
    """The traces of all blocks of a file.

    Attributes:
        blocks: the blocks, in their order.
        frame_bytes: size of the compressed file.
        frames: descriptions of the frames, from their headers.
        note: why another model was used than the one that was asked for; empty where it was not.
    """

    blocks: tuple[TracedBlock, ...]
    frame_bytes: int
    frames: tuple[FrameInfo, ...]
    note: str = ""


def trace_content(
    content: bytes,
    options: CompressOptions,
    asked: Asked,
    report: Report | None = None,
    *,
    falls_back: bool = True,
) -> TracedFrames:
    """Compress a content in memory, as a file would be, and trace its blocks.

    Args:
        content: any bytes.
        options: model, coder, block size, threads.
        asked: the symbols for which to find the likeliest ones.
        report: a function that is called with the bytes that are done, of two rounds.
        falls_back: False to use the model whatever it makes of the content; see `FrameEncoder`.

    Raises:
        UsageError: options that don't go together.
        ModelNotFoundError: there is no such model.
    """
    encoder = FrameEncoder(BlockCoder.for_options(options), options, falls_back=falls_back)
    monitor = Monitor(report)
    sink = io.BytesIO()
    writer = ChosenWriter(sink, encoder)
    for piece in read_contents(io.BytesIO(content), options.resolved_block_bytes):
        writer.add(encoder.encode(piece, monitor.advance), piece)
    if not content:
        writer.add(encoder.encode(b"", monitor.advance), b"")
    writer.close()
    coders = {coder.entry: coder for coder in encoder.coders}
    sink.seek(0)
    whole = memoryview(content)
    tracer = Tracer(lambda header, model: coders[header.models[model]], asked)
    position = 0
    for event in _blocks(sink):
        size = event.block.decoded_bytes
        piece = bytes(whole[position : position + size])
        tracer.add(event, monitor.advance, piece)
        position += size
    sink.seek(0)
    frames = tuple(inspect_frames(sink, options.model_path))
    return TracedFrames(tuple(tracer.blocks), writer.num_bytes, frames, writer.note)


def trace_frames(
    source: BinaryIO,
    options: DecompressOptions,
    asked: Asked,
    report: Report | None = None,
) -> TracedFrames:
    """Decode the frames of a stream, and trace their blocks.

    Args:
        source: a file of frames; it must seek.
        options: the number of threads, and the places to look for models.
        asked: the symbols for which to find the likeliest ones.
        report: a function that is called with the bytes that are done, of two rounds.

    Raises:
        FormatError: the source is damaged, or not made of frames.
        ModelError: a model is missing or not the right one.
    """
    coders = FrameCoders(options.model_path, options.threads)
    monitor = Monitor(report)
    tracer = Tracer(coders.get, asked)
    for event in _blocks(source):
        check_block(event.header, event.block)
        tracer.add(event, monitor.advance, None)
    frame_bytes = source.tell()
    source.seek(0)
    frames = tuple(inspect_frames(source, options.model_path))
    return TracedFrames(tuple(tracer.blocks), frame_bytes, frames)


def _blocks(source: BinaryIO) -> Iterator[FrameBlock]:
    return (event for event in read_frames(source) if isinstance(event, FrameBlock))


class Tracer:
    """Traces blocks one after the other.

    Args:
        coder_of: returns the coder of a model of a frame's table.
        asked: the symbols for which to find the likeliest ones.

    Attributes:
        blocks: those that were added.
    """

    def __init__(self, coder_of: Callable[[FrameHeader, int], BlockCoder], asked: Asked) -> None:
        self._coder_of = coder_of
        self._asked = asked
        self._start = self._num_asked = 0
        self.blocks: list[TracedBlock] = []

    def add(self, event: FrameBlock, tick: Tick, content: bytes | None) -> None:
        """Trace a block, whose content is known, or decoded."""
        block = event.block
        if block.method is Method.STORED:
            tick(2 * block.decoded_bytes if content is None else block.decoded_bytes)
            traced = _stored(block)
        else:
            coder = self._coder_of(event.header, block.model)
            if content is None:
                content = coder.decode(block, tick)
            traced = self._traced(coder, block, content, tick)
        self.blocks.append(traced)
        self._start += block.decoded_bytes

    def _traced(self, coder: BlockCoder, block: Block, content: bytes, tick: Tick) -> TracedBlock:
        rewritten = _rewritten(block, content)
        first_byte = max(self._asked.first_byte - self._start, 0)
        if rewritten is not None and (places := origins(block.transforms, rewritten)) is not None:
            first_byte = int(np.searchsorted(places[:-1], first_byte))
        asked = Asked(self._asked.max_symbols - self._num_asked, first_byte)
        try:
            trace = coder.trace(block, rewritten, asked, tick)
        except (FormatError, MissingPackageError):
            # Not what symbols would be made of the content now: what they are is in the payload.
            trace = coder.trace(block, None, asked, tick)
        self._num_asked += len(trace.likely.symbols)
        description = trace.symbol_map.describe(trace.ids)
        places = origins(block.transforms, trace.symbol_map.decode(trace.ids))
        bounds = None
        if description.sizes is not None and places is not None:
            bounds = places[np.concatenate([[0], np.cumsum(description.sizes)])]
        return TracedBlock(content, len(block.payload), trace, description, bounds)


def _rewritten(block: Block, content: bytes) -> bytes | None:
    """Return a block's content after its transforms; None if this version would choose others."""
    for number, properties in block.transforms:
        applied = TRANSFORMS[number].apply(content)
        if applied is None or applied[1] != properties:
            return None
        content = applied[0]
    return content


def _stored(block: Block) -> TracedBlock:
    size = block.decoded_bytes
    ids = np.frombuffer(block.payload, np.uint8).astype(np.int32)
    trace = Trace(ids, BYTES, np.full(size, 8.0), num_payloads=0)
    return TracedBlock(block.payload, size, trace, BYTES.describe(ids), np.arange(size + 1))
