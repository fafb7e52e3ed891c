"""Saving what can be saved of a damaged file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from neurocomp.errors import FormatError
from neurocomp.frame.index import read_block_at, salvage_index
from neurocomp.pipeline.parallel import Monitor, Report
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
    model_path: tuple[Path, ...] = (),
    report: Report | None = None,
) -> Recovery:
    """Write the sound blocks of a seekable, damaged stream of frames to ``sink``, in order.

    Blocks are found by the frames' indexes, which stand at their ends, and from block to block
    where an index is missing or damaged.

    Raises:
        FormatError: there is nothing of a frame in it.
        ModelError: a model is missing or not the right one: that is no damage.
    """
    monitor = Monitor(report)
    coders = FrameCoders(model_path)
    lost: list[LostRange] = []
    written_bytes = position = 0
    pieces = list(salvage_index(source))
    errors = [piece for piece in pieces if isinstance(piece, FormatError)]
    if len(errors) == len(pieces):
        raise errors[0] if errors else FormatError("not a neurocomp file: it is empty")
    for piece in pieces:
        if isinstance(piece, FormatError):
            lost.append(LostRange(position, None, str(piece)))
            continue
        for place in piece.places:
            try:
                block = read_block_at(source, piece, place)
                content = coders.get(piece.header).decode(block, monitor.advance)
            except FormatError as error:
                lost.append(LostRange(position, position + place.decoded_bytes, str(error)))
            else:
                sink.write(content)
                written_bytes += len(content)
            position += place.decoded_bytes
    return Recovery(written_bytes, tuple(lost))
