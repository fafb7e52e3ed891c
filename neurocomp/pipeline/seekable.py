"""The content of a seekable compressed file, any part of it without the rest."""

from __future__ import annotations

import bisect
from collections import deque
from collections.abc import Iterator
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import BinaryIO

from neurocomp.errors import UsageError
from neurocomp.frame.block import Block
from neurocomp.frame.header import FrameHeader
from neurocomp.frame.index import read_block_at, read_index
from neurocomp.frame.reader import check_size
from neurocomp.pipeline.options import DecompressOptions, resolve_threads
from neurocomp.pipeline.parallel import Monitor, Report, ordered_map
from neurocomp.pipeline.streams import FrameCoders


class BlockMap:
    """The positions of the content's blocks in a stream, and the checksum of the content.

    All heads are read, and compared with the trailers of their frames.  Where a frame has no
    trailer, the stored checksums of its blocks are verified before anything after them is read:
    if one lied about its size, the rest would lie elsewhere.

    Args:
        stream: a seekable binary stream of frames.
        start: offset of the first frame.

    Raises:
        FormatError: the stream is not made of frames.
    """

    def __init__(self, stream: BinaryIO, start: int = 0) -> None:
        self._stream = stream
        self._blocks = [
            (frame, place) for frame in read_index(stream, start) for place in frame.places
        ]
        self._ends = list(accumulate(place.decoded_bytes for _, place in self._blocks))
        self._unverified = deque(
            number for number, (frame, _) in enumerate(self._blocks) if frame.trailer is None
        )

    @property
    def num_bytes(self) -> int:
        """Size of the whole content."""
        return self._ends[-1]

    def __len__(self) -> int:
        return len(self._blocks)

    def find(self, position: int) -> int:
        """Return the number of the block that holds byte ``position``; ``len`` past the end."""
        return bisect.bisect_right(self._ends, position)

    def bounds(self, number: int) -> tuple[int, int]:
        """Return the start and the end of a block's content."""
        _, place = self._blocks[number]
        return self._ends[number] - place.decoded_bytes, self._ends[number]

    def read(self, number: int) -> tuple[FrameHeader, Block]:
        """Read a block; raises FormatError where it is damaged, or one whose size counts."""
        while self._unverified and self._unverified[0] < number:
            self._read(self._unverified[0])
            self._unverified.popleft()
        read = self._read(number)
        if self._unverified and self._unverified[0] == number:
            self._unverified.popleft()
        return read

    def empty_blocks(self) -> list[int]:
        """Return the numbers of the blocks that have no content."""
        return [number for number, (_, place) in enumerate(self._blocks) if not place.decoded_bytes]

    def _read(self, number: int) -> tuple[FrameHeader, Block]:
        frame, place = self._blocks[number]
        return frame.header, read_block_at(self._stream, frame, place)


class SeekableContent:
    """Random access to the content of a file of frames.

    The last block that was decoded is kept, so that small reads in a row decode it once.

    Args:
        stream: a seekable binary stream of frames.
        model_path: files and folders to search for models as well as the store.
        start: offset of the first frame.

    Raises:
        FormatError: the stream is not made of frames.
    """

    def __init__(self, stream: BinaryIO, model_path: tuple[Path, ...] = (), start: int = 0) -> None:
        self._coders = FrameCoders(model_path)
        self._map = BlockMap(stream, start)
        self._cached_index = -1
        self._cached_content = b""
        self._empty_blocks = self._map.empty_blocks()

    @property
    def num_bytes(self) -> int:
        """Size of the whole content."""
        return self._map.num_bytes

    def read_from(self, position: int, limit: int) -> bytes:
        """Return the content from ``position`` to the end of the block that it lies in.

        At most ``limit`` bytes; empty at or past the end of the content.  Blocks without content
        are checked there, so that who reads to the end has read every block.

        Raises:
            FormatError: the block is damaged.
            ModelError: its model is missing or not the right one.
        """
        index = self._map.find(position)
        if index == len(self._map):
            while self._empty_blocks:
                self._decode(self._empty_blocks[-1])
                self._empty_blocks.pop()
            return b""
        if index != self._cached_index:
            self._cached_content = self._decode(index)
            self._cached_index = index
        start, _ = self._map.bounds(index)
        return self._cached_content[position - start : position - start + limit]

    def _decode(self, number: int) -> bytes:
        header, block = self._map.read(number)
        return self._coders.decode(header, block, lambda _: None)


def decompress_range(
    source: BinaryIO,
    sink: BinaryIO,
    start: int,
    stop: int,
    options: DecompressOptions | None = None,
    report: Report | None = None,
) -> int:
    """Write bytes ``start`` to ``stop`` (exclusive) of the content of ``source`` to ``sink``.

    Only the blocks that hold them are decoded.  A range that goes past the end is cut there.

    Args:
        source: a seekable binary stream of frames.
        sink: the output; it is written front to back.
        start, stop: the range.
        options: threads, where to look for models, the most that is written.
        report: a function that is called with the content bytes done so far, of all blocks that are
            decoded.

    Returns:
        How many bytes were written.

    Raises:
        UsageError: the range is empty, or starts past the end of the content.
        FormatError: a block of the range, or the file's structure, is damaged.
        ModelError: a model is missing or not the right one.
        SizeLimitError: the range is larger than ``options`` allow.
    """
    if not 0 <= start < stop:
        raise UsageError(f"{start}-{stop} is not a range of bytes: give START-STOP, STOP excluded")
    options = DecompressOptions() if options is None else options
    threads = resolve_threads(options.threads)
    coders, monitor = FrameCoders(options.model_path, threads), Monitor(report)
    blocks = BlockMap(source)
    if start >= blocks.num_bytes and start:
        raise UsageError(f"byte {start} is past the end: the content has {blocks.num_bytes} bytes")
    stop = min(stop, blocks.num_bytes)
    check_size(stop - start, options.max_output)
    chosen = _chosen_blocks(blocks, start, stop)
    contents = ordered_map(partial(_decode, coders, monitor), chosen, threads, monitor)
    for begin, content in contents:
        sink.write(content[max(start - begin, 0) : stop - begin])
    return stop - start


def _chosen_blocks(
    blocks: BlockMap, start: int, stop: int
) -> Iterator[tuple[int, FrameHeader, Block]]:
    """Yield the blocks of a range and where each begins; all of them where the range is all."""
    is_all = start == 0 and stop == blocks.num_bytes
    first = 0 if is_all else blocks.find(start)
    for number in range(first, len(blocks)):
        begin, _ = blocks.bounds(number)
        if begin >= stop and not is_all:
            return
        yield (begin, *blocks.read(number))


def _decode(
    coders: FrameCoders, monitor: Monitor, found: tuple[int, FrameHeader, Block]
) -> tuple[int, bytes]:
    begin, header, block = found
    return begin, coders.decode(header, block, monitor.advance)
