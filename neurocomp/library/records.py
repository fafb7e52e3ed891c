"""Many small records, each a frame of its own; models and dictionaries are opened once."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from typing import BinaryIO, TypeVar, Unpack, cast

from neurocomp.errors import NeurocompError
from neurocomp.frame.reader import FrameBlock, FrameEnd, read_frames
from neurocomp.library.arguments import (
    CompressArguments,
    ModelPath,
    compress_options,
    decompress_options,
)
from neurocomp.library.feed import check_content
from neurocomp.library.lanes import decode_chunk, encode_chunk, in_chunks
from neurocomp.library.streams import Buffer, Sink, ViewSource, byte_view
from neurocomp.library.writer import ContentWriter
from neurocomp.pipeline.blocks import BlockCoder
from neurocomp.pipeline.options import CompressOptions, DecompressOptions, resolve_threads
from neurocomp.pipeline.parallel import Monitor, ordered_map
from neurocomp.pipeline.streams import FrameCoders

Result = TypeVar("Result")

_NOTE = "in item {} of those given, the first being 0"


def compress_many(
    records: Iterable[Buffer], **arguments: Unpack[CompressArguments]
) -> Iterator[bytes]:
    """Return the frames of records, in order, lazily.

    Each frame is the one that ``compress`` makes of its record with the same arguments, and can be
    decoded by itself.  Model and dictionary are opened once.  Records are consumed as needed, at
    most one more than there are threads.  Models that predict many symbols in a step (transformers,
    n-grams, networks of tokens) code several records in their lanes, and read up to 64 ahead.

    Args:
        records: any number of buffers.
        arguments: those of ``compress``; ``threads`` is the number of records coded at once.

    Raises:
        TypeError, UsageError, ModelError: as ``compress``, immediately for arguments; the error
            of a record names its number.
    """
    options = compress_options(**arguments)
    coder = BlockCoder.for_options(options)
    threads = 1 if coder.uses_all_cores else resolve_threads(options.threads)

    if coder.joins_records:
        return _compress_in_lanes(coder, options, records)

    def encode(record: Buffer, monitor: Monitor) -> bytes:
        return encode_frame(coder, options, record, monitor)

    return _each(encode, records, threads)


def decompress_many(
    frames: Iterable[Buffer],
    *,
    threads: int = 0,
    model_path: ModelPath = (),
    max_output: int | None = None,
) -> Iterator[bytes]:
    """Return the contents of ``frames``, in order, lazily.

    Models and dictionaries are opened once.

    Args:
        frames: any number of buffers, each with a frame, or several.
        threads: number of records that are decoded at once; 0 for one for each core.
        model_path: a file or folder, or several, to search for models as well as the store.
        max_output: most bytes of content to accept of each.

    Raises:
        TypeError, SizeLimitError, FormatError, ModelError: as ``decompress``; the error names the
            number of the frame.
    """
    options = decompress_options(threads, model_path, max_output)
    coders = FrameCoders(options.model_path)

    def decode(frame: Buffer, monitor: Monitor) -> bytes:
        return decode_frames(coders, frame, options.max_output, monitor)

    return _decompress_each(coders, options, frames, decode)


def encode_frame(
    coder: BlockCoder, options: CompressOptions, record: Buffer, monitor: Monitor | None = None
) -> bytes:
    """Return ``record`` as one frame, coded by a coder that other threads may use too."""
    sink = io.BytesIO()
    writer = ContentWriter(Sink(sink), coder, options, None if monitor is None else monitor.advance)
    with byte_view(record) as view:
        writer.write(view)
    writer.finish()
    return sink.getvalue()


def decode_frames(
    coders: FrameCoders,
    frames: Buffer,
    max_output: int | None = None,
    monitor: Monitor | None = None,
) -> bytes:
    """Return the content of ``frames``, decoded by coders that other threads may use too."""
    advance = (monitor or Monitor()).advance
    contents: list[bytes] = []
    checksum = 0
    with byte_view(frames) as view:
        for event in read_frames(cast(BinaryIO, ViewSource(view)), max_output):
            if isinstance(event, FrameBlock):
                contents.append(coders.decode(event.header, event.block, advance))
                checksum = zlib.crc32(contents[-1], checksum)
            else:
                check_content(event, checksum)
                checksum = 0
    return b"".join(contents)


def _compress_in_lanes(
    coder: BlockCoder, options: CompressOptions, records: Iterable[Buffer]
) -> Iterator[bytes]:
    first = 0
    for chunk in in_chunks(records):
        contents: list[bytes] = []
        failure: Exception | None = None
        for number, record in enumerate(chunk, first):
            try:
                with byte_view(record) as view:
                    contents.append(bytes(view))
            except TypeError as error:
                error.add_note(_NOTE.format(number))
                failure = error
                break
        frames = encode_chunk(coder, options, contents)
        for number, content in enumerate(contents):
            frame = frames.pop(number, None)
            yield encode_frame(coder, options, content) if frame is None else frame
        if failure is not None:
            raise failure
        first += len(chunk)


def _decompress_each(
    coders: FrameCoders,
    options: DecompressOptions,
    frames: Iterable[Buffer],
    decode: Callable[[Buffer, Monitor], bytes],
) -> Iterator[bytes]:
    """Yield contents; the first frame tells whether its model takes several at once."""
    iterator = iter(frames)
    start = list(islice(iterator, 1))
    everything = chain(start, iterator)
    coder = _joining_coder(coders, start)
    if coder is None:
        yield from _each(decode, everything, resolve_threads(options.threads))
        return
    first = 0
    for chunk in in_chunks(everything):
        events = [_events_of(frame, options.max_output) for frame in chunk]
        contents = decode_chunk(coder, events)
        for number, frame in enumerate(chunk):
            content = contents.pop(number, None)
            try:
                if isinstance(content, Exception):
                    raise content
                yield decode(frame, Monitor()) if content is None else content
            except Exception as error:
                error.add_note(_NOTE.format(first + number))
                raise
        first += len(chunk)


def _joining_coder(coders: FrameCoders, start: list[Buffer]) -> BlockCoder | None:
    """Return the coder of the first frame where it takes several at once."""
    for event in _events_of(start[0], None) if start else []:
        if isinstance(event, FrameBlock):
            try:
                coder = coders.get(event.header, event.block.model)
            except NeurocompError:
                return None  # It is told where that frame is decoded.
            return coder if coder.joins_records else None
    return None


def _events_of(frame: Buffer, max_output: int | None) -> list[FrameBlock | FrameEnd]:
    """Return the blocks and ends of a frame, none where something is wrong with it."""
    try:
        with byte_view(frame) as view:
            return list(read_frames(cast(BinaryIO, ViewSource(view)), max_output))
    except (NeurocompError, TypeError):
        return []


def _each(
    function: Callable[[Buffer, Monitor], Result], items: Iterable[Buffer], threads: int
) -> Iterator[Result]:
    """Yield the result of ``function`` for each item, in order; an error names its item."""
    monitor = Monitor()

    def call(numbered: tuple[int, Buffer]) -> Result:
        number, item = numbered
        try:
            return function(item, monitor)
        except Exception as error:
            error.add_note(_NOTE.format(number))
            raise

    return ordered_map(call, enumerate(items), threads, monitor)
