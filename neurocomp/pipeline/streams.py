"""Whole streams: compress one, decompress one, neither of which need seek."""

from __future__ import annotations

import zlib
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Lock
from typing import BinaryIO

from neurocomp.codec import Tick
from neurocomp.errors import ChecksumError
from neurocomp.frame.block import Block
from neurocomp.frame.entry import ModelEntry
from neurocomp.frame.header import FrameHeader
from neurocomp.frame.reader import FrameBlock, FrameEnd, read_frames
from neurocomp.pipeline.block_checks import check_block
from neurocomp.pipeline.blocks import BlockCoder
from neurocomp.pipeline.choice import ChosenWriter, CodedContent, FrameEncoder
from neurocomp.pipeline.contents import read_contents
from neurocomp.pipeline.header_checks import check_header
from neurocomp.pipeline.options import CompressOptions, DecompressOptions, resolve_threads
from neurocomp.pipeline.parallel import Monitor, Report, ordered_map
from neurocomp.store.folder import ModelStore


@dataclass(frozen=True)
class Sizes:
    """Bytes processed: of content, and of frames.

    ``note`` tells people why another model was used than the one they asked for.
    """

    content_bytes: int
    frame_bytes: int
    note: str = ""


def compress_stream(
    source: BinaryIO,
    sink: BinaryIO,
    options: CompressOptions,
    report: Report | None = None,
    coder: BlockCoder | None = None,
) -> Sizes:
    """Compress all of ``source`` to one frame on ``sink``.

    Args:
        source: the content; it is read to its end.
        sink: the output; it is written front to back.
        options: model, coder, block size, threads.
        report: a function that is called with the content bytes done so far.
        coder: a coder of these options, if one is open already.

    Raises:
        UsageError: options that don't go together.
        ModelNotFoundError: there is no such model.
    """
    coder = BlockCoder.for_options(options) if coder is None else coder
    monitor = Monitor(report)
    contents = read_contents(source, options.resolved_block_bytes)
    encoder = FrameEncoder(coder, options)
    writer = ChosenWriter(sink, encoder)
    content_bytes = 0
    # A model that spreads its lanes over the cores takes the memory of one block at a time.
    threads = 1 if coder.uses_all_cores else resolve_threads(options.threads)
    encode = partial(_encode, encoder, monitor)
    for content, coded in ordered_map(encode, contents, threads, monitor):
        writer.add(coded, content)
        content_bytes += len(content)
    if content_bytes == 0:
        writer.add(encoder.encode(b"", monitor.advance), b"")
    writer.close()
    return Sizes(content_bytes, writer.num_bytes, writer.note)


def decompress_stream(
    source: BinaryIO,
    sink: BinaryIO,
    options: DecompressOptions | None = None,
    report: Report | None = None,
    coders: FrameCoders | None = None,
) -> Sizes:
    """Decompress all frames of ``source`` to ``sink``.

    A block is written after its checksums have passed; an error leaves the sound blocks before
    it written, so a caller with a file writes to a temporary one.

    Args:
        source: the frames; they are read to their end.
        sink: the output; it is written front to back.
        options: threads, where to look for models, how much content there may be.
        report: a function that is called with the content bytes done, several times a block; an
            exception that it raises ends the work.
        coders: coders of these options, if they are open already.

    Raises:
        FormatError: the source is damaged, truncated, or not made of frames.
        ModelError: a model that a frame names is missing or not the right one.
        SizeLimitError: there is more content than ``options`` allow.  It is refused by what a
            block's head says, before memory is taken for it.
    """
    options = DecompressOptions() if options is None else options
    threads = resolve_threads(options.threads)
    coders = FrameCoders(options.model_path, threads) if coders is None else coders
    monitor = Monitor(report)
    decode = partial(_decode, coders, monitor)
    content_bytes = frame_bytes = checksum = 0
    frames = read_frames(source, options.max_output)
    for event, content in ordered_map(decode, frames, threads, monitor):
        if isinstance(event, FrameBlock):
            sink.write(content)
            checksum = zlib.crc32(content, checksum)
            content_bytes += len(content)
        else:
            if event.trailer is not None and event.trailer.content_checksum != checksum:
                raise ChecksumError("the content does not have the checksum that the frame records")
            checksum = 0
            frame_bytes = event.offset
    return Sizes(content_bytes, frame_bytes)


class FrameCoders:
    """The block coders of the frames that are read, each made once.

    Args:
        model_path: files and folders to search first for models and dictionaries.
        threads: sections of a block that are decoded at once; 0 for as many as there are cores.
    """

    def __init__(self, model_path: tuple[Path, ...] = (), threads: int = 1) -> None:
        self._threads = resolve_threads(threads)
        self._store = ModelStore(search_path=model_path)
        self._coders: dict[ModelEntry, BlockCoder] = {}
        self._sound: set[FrameHeader] = set()
        self._lock = Lock()
        self._alone = Lock()

    def get(self, header: FrameHeader, model: int = 0) -> BlockCoder:
        """Return the coder of a model of the frame with this header.

        Raises:
            FormatError, ModelError: the header is unsound, or the model is missing.
        """
        entry = header.models[model]
        with self._lock:
            self._check(header)
            if entry not in self._coders:
                self._coders[entry] = BlockCoder.for_entry(entry, self._store, self._threads)
            return self._coders[entry]

    def decode(self, header: FrameHeader, block: Block, tick: Tick) -> bytes:
        """Return the content of a block of the frame with this header.

        Raises:
            FormatError: the payload is damaged, or too short for its block: the latter is seen
                before the model is opened.
            ModelError: the model is missing or not the right one.
        """
        with self._lock:
            self._check(header)
        check_block(header, block)
        coder = self.get(header, block.model)
        # One that uses all cores has no use for a second block, which would need as much memory.
        with self._alone if coder.uses_all_cores else nullcontext():
            return coder.decode(block, tick)

    def _check(self, header: FrameHeader) -> None:
        if header not in self._sound:
            check_header(header)
            self._sound.add(header)


def _encode(encoder: FrameEncoder, monitor: Monitor, content: bytes) -> tuple[bytes, CodedContent]:
    return content, encoder.encode(content, monitor.advance)


def _decode(
    coders: FrameCoders, monitor: Monitor, event: FrameBlock | FrameEnd
) -> tuple[FrameBlock | FrameEnd, bytes]:
    if isinstance(event, FrameEnd):
        return event, b""
    return event, coders.decode(event.header, event.block, monitor.advance)
