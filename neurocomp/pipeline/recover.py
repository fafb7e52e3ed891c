"""Saving what can be saved of a damaged file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

from neurocomp.errors import FormatError
from neurocomp.frame.block import Block
from neurocomp.frame.header import FrameHeader
from neurocomp.frame.index import FrameIndex, read_block_at, salvage_index
from neurocomp.pipeline.options import DecompressOptions, resolve_threads
from neurocomp.pipeline.parallel import Monitor, Report, ordered_map
from neurocomp.pipeline.streams import FrameCoders


@dataclass(frozen=True)
class LostRange:
    """Content that could not be decoded.

    Attributes:
        start: first lost byte of the content, as far as the sizes before it are known.
        stop: the byte behind the last lost one; None where the file doesn't tell.
        reason: what is wrong there.
    """

    start: int
    stop: int | None
    reason: str


@dataclass(frozen=True)
class Recovery:
    """What became of a damaged file: bytes written, and what is missing among them."""

    content_bytes: int
    lost: tuple[LostRange, ...]


def recover_stream(
    source: BinaryIO,
    sink: BinaryIO,
    options: DecompressOptions | None = None,
    report: Report | None = None,
) -> Recovery:
    """Write the sound blocks of a seekable, damaged stream of frames to ``sink``, in order.

    Blocks are found by the frames' indexes, which stand at their ends, and from block to block
    where an index is missing or damaged.

    Args:
        source: a seekable binary stream.
        sink: written front to back.
        options: threads, where to look for models.
        report: told the content bytes done so far.

    Raises:
        FormatError: there is nothing of a frame in it.
        ModelError: a model is missing or not the right one: that is no damage.
    """
    options = DecompressOptions() if options is None else options
    threads = resolve_threads(options.threads)
    coders, monitor = FrameCoders(options.model_path, threads), Monitor(report)
    pieces = list(salvage_index(source))
    errors = [piece for piece in pieces if isinstance(piece, FormatError)]
    if len(errors) == len(pieces):
        raise errors[0] if errors else FormatError("not a neurocomp file: it is empty")
    lost: list[LostRange] = []
    written_bytes = position = 0
    found = _read_blocks(source, pieces)
    for size, content in ordered_map(partial(_decode, coders, monitor), found, threads, monitor):
        if isinstance(content, FormatError):
            stop = None if size is None else position + size
            lost.append(LostRange(position, stop, str(content)))
        else:
            sink.write(content)
            written_bytes += len(content)
        position += size or 0
    return Recovery(written_bytes, tuple(lost))


@dataclass(frozen=True)
class _Found:
    """A block with its frame's header, or why there is none.

    Attributes:
        block: the one or the other.
        size: of the content, None where that isn't known.
    """

    block: tuple[FrameHeader, Block] | FormatError
    size: int | None = None


def _read_blocks(source: BinaryIO, pieces: list[FrameIndex | FormatError]) -> Iterator[_Found]:
    for piece in pieces:
        if isinstance(piece, FormatError):
            yield _Found(piece)
            continue
        for place in piece.places:
            try:
                block = read_block_at(source, piece, place)
            except FormatError as error:
                yield _Found(error, place.decoded_bytes)
            else:
                yield _Found((piece.header, block), place.decoded_bytes)


def _decode(
    coders: FrameCoders, monitor: Monitor, found: _Found
) -> tuple[int | None, bytes | FormatError]:
    if isinstance(found.block, FormatError):
        return found.size, found.block
    header, block = found.block
    try:
        return found.size, coders.get(header).decode(block, monitor.advance)
    except FormatError as error:
        return found.size, error
