"""The blocks of a content or a frame, with what each of their symbols costs."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from neurocomp.codec import Tick
from neurocomp.codec.trace import Trace
from neurocomp.exact import Stream
from neurocomp.frame.block import Block, Method
from neurocomp.frame.entry import ModelEntry
from neurocomp.frame.header import FrameHeader
from neurocomp.frame.reader import FrameBlock, read_frames
from neurocomp.pipeline.block_checks import check_block
from neurocomp.pipeline.blocks import BlockCoder, restored
from neurocomp.pipeline.choice import ChosenWriter, FrameEncoder
from neurocomp.pipeline.contents import read_contents
from neurocomp.pipeline.inspect import FrameInfo, inspect_frames
from neurocomp.pipeline.options import CompressOptions, DecompressOptions
from neurocomp.pipeline.parallel import Monitor, Report
from neurocomp.pipeline.streams import FrameCoders
from neurocomp.symbols import BYTES, Description, SymbolMap
from neurocomp.transforms import origins


@dataclass(frozen=True)
class Asked:
    """For which symbols the likeliest ones are wanted.

    Attributes:
        max_symbols: how many at most.
        first_byte: of the content, from which on; of symbols that are no pieces of the content the
            first are meant.
    """

    max_symbols: int = 0
    first_byte: int = 0

    def of(self, bounds: NDArray[np.int64] | None, start: int, num_done: int) -> range:
        """Return the numbers of a block's symbols.

        Args:
            bounds: where they begin in the block's content, and its end.
            start: of the block's content.
            num_done: symbols of earlier blocks.
        """
        left = self.max_symbols - num_done
        first = 0
        if bounds is not None:
            first = int(np.searchsorted(bounds[:-1], self.first_byte - start))
        return range(first, max(first, first + left))


@dataclass(frozen=True, eq=False)
class TracedBlock:
    """A block of a frame whose costs are known.

    Attributes:
        content: what it decodes to.
        entry: of its model and coder; None where it is stored.
        payload_bytes: of its payload, or of the content that is stored.
        trace: what its n entries cost.
        ids: int32 (n,), the symbols.
        symbol_map: says what they mean.
        description: of the entries.
        bounds: int64 (n + 1,), where in the content each entry begins, and its end; None where
            entries are no pieces of the content.
    """

    content: bytes
    entry: ModelEntry | None
    payload_bytes: int
    trace: Trace
    ids: NDArray[np.int32]
    symbol_map: SymbolMap
    description: Description
    bounds: NDArray[np.int64] | None


@dataclass(frozen=True, eq=False)
class TracedFrames:
    """All that was traced of a file.

    Attributes:
        blocks: in their order.
        frame_bytes: size of the compressed file.
        frames: what headers say of it.
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
        asked: for which symbols the likeliest are wanted.
        report: told the bytes that are done, of two rounds.
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
        source: of frames; it must seek.
        options: where to look for models, threads.
        asked: for which symbols the likeliest are wanted.
        report: told the bytes that are done, of two rounds.

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
        asked: for which symbols the likeliest are wanted.

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
            traced = self._trace(event.header, block, tick, content)
        self.blocks.append(traced)
        self._start += block.decoded_bytes

    def _trace(
        self, header: FrameHeader, block: Block, tick: Tick, content: bytes | None
    ) -> TracedBlock:
        coder = self._coder_of(header, block.model)
        symbols = None if content is None else _symbols_of(coder, block, content)
        if symbols is None:
            symbols = coder.read_symbols(block, tick)
        rewritten = coder.symbol_map.decode(symbols)
        places = origins(block.transforms, rewritten)
        ids, symbol_map = symbols.astype(np.int32), coder.symbol_map
        description = symbol_map.describe(ids)
        asked = self._asked.of(_bounds(description, places), self._start, self._num_asked)
        trace = coder.trace(block, symbols, asked, tick)
        self._num_asked += len(trace.likely.symbols)
        if trace.tokens is not None:
            ids, symbol_map = trace.tokens.ids, trace.tokens.symbol_map
            description = Description(trace.tokens.sizes)
        if content is None:
            content = restored(block, rewritten)
        size = len(block.payload)
        bounds = _bounds(description, places)
        return TracedBlock(content, coder.entry, size, trace, ids, symbol_map, description, bounds)


def _bounds(description: Description, places: NDArray[np.int64] | None) -> NDArray[np.int64] | None:
    """Return where in the content each symbol begins, and its end, (n + 1,)."""
    if description.sizes is None or places is None:
        return None
    bounds: NDArray[np.int64] = places[np.concatenate([[0], np.cumsum(description.sizes)])]
    return bounds


def _symbols_of(coder: BlockCoder, block: Block, content: bytes) -> Stream | None:
    """Return the symbols of a block that was made of ``content``; None where it is of others."""
    transforms, symbols = coder.symbols_of(content)
    return symbols if transforms == block.transforms else None


def _stored(block: Block) -> TracedBlock:
    size = block.decoded_bytes
    ids = np.frombuffer(block.payload, np.uint8).astype(np.int32)
    trace = Trace(np.full(size, 8.0), num_payloads=0)
    bounds = np.arange(size + 1)
    return TracedBlock(block.payload, None, size, trace, ids, BYTES, BYTES.describe(ids), bounds)
