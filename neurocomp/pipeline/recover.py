"""Saving what can be saved of a damaged file."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, BinaryIO

from neurocomp.errors import FormatError
from neurocomp.frame.block import Block
from neurocomp.frame.extents import Doubt, Loss, Piece, SoundBlock
from neurocomp.frame.header import FrameHeader
from neurocomp.frame.index import FrameIndex, read_block_at
from neurocomp.frame.reader import check_size
from neurocomp.frame.salvage import salvage
from neurocomp.pipeline.options import DecompressOptions, resolve_threads
from neurocomp.pipeline.parallel import Monitor, Report, ordered_map
from neurocomp.pipeline.streams import FrameCoders

_ZEROS = bytes(1 << 16)


@dataclass(frozen=True)
class LostRange:
    """Content that could not be decoded, or need not be what was compressed.

    Attributes:
        start: first lost byte of the content, as far as the sizes before it are known.
        stop: the byte after the last lost one; None if unknown.  Where it is
            ``start``, no content is known to be lost, but the file is damaged there.
        reason: description of the damage.
        is_written: sound blocks were found and written, but not the ones that belong there, or
            not in their order.
    """

    start: int
    stop: int | None
    reason: str
    is_written: bool = False


@dataclass(frozen=True)
class Recovery:
    """The result of recovering a damaged file.

    Attributes:
        content_bytes: bytes of decoded content that were written.
        lost: the gaps among them, in order; empty if the file is sound.
        filled_bytes: zeros that were written for what is lost.
    """

    content_bytes: int
    lost: tuple[LostRange, ...]
    filled_bytes: int = 0

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return dataclasses.asdict(self)


def recover_stream(
    source: BinaryIO,
    sink: BinaryIO,
    options: DecompressOptions | None = None,
    report: Report | None = None,
    *,
    fill: bool = False,
) -> Recovery:
    """Write the sound blocks of a seekable, damaged stream of frames to ``sink``, in order.

    Args:
        source: a seekable binary stream.
        sink: the output; it is written front to back.
        options: threads, where to look for models, the most that is written.
        report: a function that is called with the content bytes done so far.
        fill: write zeros for what is lost, where its size is known, so that what comes after it
            keeps its place.

    Raises:
        FormatError: there is no part of a frame in it.
        ModelError: a model is missing or not the right one: that is not damage.
        SizeLimitError: more would be written than ``options`` allow.
    """
    options = DecompressOptions() if options is None else options
    threads = resolve_threads(options.threads)
    coders, monitor = FrameCoders(options.model_path, threads), Monitor(report)
    writer = _Writer(sink, options.max_output, fill=fill)
    found = _read_blocks(source, salvage(source))
    for one, content in ordered_map(partial(_decode, coders, monitor), found, threads, monitor):
        writer.take(one.size, content)
    return writer.recovery


@dataclass(frozen=True)
class _Found:
    """A block with its frame's header, or what there is instead.

    Attributes:
        block: the one or the other.
        size: size of the content, None where that isn't known.
    """

    block: tuple[FrameHeader, Block] | Loss | Doubt
    size: int | None


class _Writer:
    """Writes contents and zeros, and keeps count."""

    def __init__(self, sink: BinaryIO, max_bytes: int | None, *, fill: bool) -> None:
        self._sink = sink
        self._max_bytes = max_bytes
        self._fill = fill
        self._position = self._content_bytes = self._filled_bytes = 0
        self._lost: list[LostRange] = []

    @property
    def recovery(self) -> Recovery:
        """The result so far."""
        lost = sorted(self._lost, key=lambda one: one.start)
        return Recovery(self._content_bytes, tuple(lost), self._filled_bytes)

    def take(self, size: int | None, content: bytes | Loss | Doubt) -> None:
        """Write the next piece, or the zeros for it."""
        position = self._position
        if isinstance(content, Doubt):
            start = position - content.content_bytes
            self._lost.append(LostRange(start, position, content.reason, is_written=True))
            return
        self._position += size or 0
        if isinstance(content, Loss):
            stop = None if size is None else self._position
            self._lost.append(LostRange(position, stop, content.reason))
            if self._fill:
                self._write_zeros(size or 0)
        else:
            self._check(len(content))
            self._sink.write(content)
            self._content_bytes += len(content)

    def _write_zeros(self, num_bytes: int) -> None:
        self._check(num_bytes)
        for start in range(0, num_bytes, len(_ZEROS)):
            self._sink.write(_ZEROS[: num_bytes - start])
        self._filled_bytes += num_bytes

    def _check(self, num_bytes: int) -> None:
        check_size(self._content_bytes + self._filled_bytes + num_bytes, self._max_bytes)


def _read_blocks(source: BinaryIO, pieces: list[Piece]) -> Iterator[_Found]:
    for piece in pieces:
        if isinstance(piece, SoundBlock):
            yield _Found(_read_block(source, piece), piece.place.decoded_bytes)
        else:
            yield _Found(piece, piece.content_bytes)


def _read_block(source: BinaryIO, piece: SoundBlock) -> tuple[FrameHeader, Block] | Loss:
    place = piece.place
    frame = FrameIndex(place.offset, piece.header, piece.header_checksum, (place,), place.offset)
    try:
        return piece.header, read_block_at(source, frame, place)
    except FormatError as error:
        return Loss(place.decoded_bytes, str(error))


def _decode(
    coders: FrameCoders, monitor: Monitor, found: _Found
) -> tuple[_Found, bytes | Loss | Doubt]:
    if isinstance(found.block, Loss | Doubt):
        return found, found.block
    header, block = found.block
    try:
        return found, coders.decode(header, block, monitor.advance)
    except FormatError as error:
        return found, Loss(found.size, str(error))
