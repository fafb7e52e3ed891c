"""The content of a seekable compressed file, any part of it without the rest."""

from __future__ import annotations

import bisect
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import BinaryIO

from neurocomp.errors import UsageError
from neurocomp.frame.block import Block, BlockPlace
from neurocomp.frame.index import FrameIndex, read_block_at, read_index
from neurocomp.pipeline.options import DecompressOptions, resolve_threads
from neurocomp.pipeline.parallel import Monitor, ordered_map
from neurocomp.pipeline.streams import FrameCoders


class SeekableContent:
    """Random access to the content of a file of frames.

    The last block that was decoded is kept, so that small reads in a row decode it once.

    Args:
        stream: a seekable binary stream of frames.
        model_path: files and folders that are searched for models besides the store.

    Raises:
        FormatError: the stream is not made of frames.
    """

    def __init__(self, stream: BinaryIO, model_path: tuple[Path, ...] = ()) -> None:
        self._stream = stream
        self._coders = FrameCoders(model_path)
        self._blocks = _blocks(stream)
        self._ends = list(accumulate(place.decoded_bytes for _, place in self._blocks))
        self._cached_index = -1
        self._cached_content = b""

    @property
    def num_bytes(self) -> int:
        """Size of the whole content."""
        return self._ends[-1]

    def read_from(self, position: int, limit: int) -> bytes:
        """Return the content from ``position`` to the end of the block that it lies in.

        At most ``limit`` bytes; empty at or behind the end of the content.

        Raises:
            FormatError: the block is damaged.
            ModelError: its model is missing or not the right one.
        """
        index = bisect.bisect_right(self._ends, position)
        if index == len(self._blocks):
            return b""
        if index != self._cached_index:
            frame, place = self._blocks[index]
            block = read_block_at(self._stream, frame, place)
            coder = self._coders.get(frame.header)
            self._cached_content = coder.decode(block, lambda _: None)
            self._cached_index = index
        start = self._ends[index] - len(self._cached_content)
        return self._cached_content[position - start : position - start + limit]


def decompress_range(
    source: BinaryIO,
    sink: BinaryIO,
    start: int,
    stop: int,
    options: DecompressOptions | None = None,
) -> int:
    """Write bytes ``start`` to ``stop`` (exclusive) of the content of ``source`` to ``sink``.

    Only the blocks that hold them are decoded.  A range that goes past the end is cut there.

    Args:
        source: a seekable binary stream of frames.
        sink: written front to back.
        start, stop: the range.
        options: threads, where to look for models.

    Returns:
        How many bytes were written.

    Raises:
        UsageError: the range is empty, or starts past the end of the content.
        FormatError: a block of the range, or the file's structure, is damaged.
        ModelError: a model is missing or not the right one.
    """
    if not 0 <= start < stop:
        raise UsageError(f"{start}-{stop} is not a range of bytes: give START-STOP, STOP excluded")
    options = DecompressOptions() if options is None else options
    threads = resolve_threads(options.threads)
    coders, monitor = FrameCoders(options.model_path, threads), Monitor()
    blocks = _blocks(source)
    ends = list(accumulate(place.decoded_bytes for _, place in blocks))
    if start >= ends[-1]:
        raise UsageError(f"byte {start} is past the end: the content has {ends[-1]} bytes")
    stop = min(stop, ends[-1])
    first, last = bisect.bisect_right(ends, start), bisect.bisect_left(ends, stop)
    asked = slice(first, last + 1)
    chosen = ((frame, read_block_at(source, frame, place)) for frame, place in blocks[asked])
    contents = ordered_map(partial(_decode, coders, monitor), chosen, threads, monitor)
    for end, content in zip(ends[asked], contents, strict=True):
        begin = end - len(content)
        sink.write(content[max(start - begin, 0) : stop - begin])
    return stop - start


def _blocks(source: BinaryIO) -> list[tuple[FrameIndex, BlockPlace]]:
    return [(frame, place) for frame in read_index(source) for place in frame.places]


def _decode(coders: FrameCoders, monitor: Monitor, found: tuple[FrameIndex, Block]) -> bytes:
    frame, block = found
    return coders.get(frame.header).decode(block, monitor.advance)
