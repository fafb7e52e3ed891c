"""All ways of reading a file, and what they have to agree about."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, cast

import neurocomp
from neurocomp.errors import NeurocompError
from neurocomp.pipeline.inspect import inspect_frames
from neurocomp.pipeline.options import DecompressOptions
from neurocomp.pipeline.recover import Recovery, recover_stream
from neurocomp.pipeline.seekable import decompress_range
from neurocomp.pipeline.streams import decompress_stream

FAR = 1 << 60
_PIECES = 7

Outcome = bytes | NeurocompError


class Pipe(io.RawIOBase):
    """A source that does not seek and gives a few bytes at a time."""

    def __init__(self, data: bytes) -> None:
        self._stream = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._stream.readinto(memoryview(buffer)[:97])


class Disagreement(AssertionError):
    """Two ways of reading say different things of one file."""


def read_all_ways(data: bytes, model_path: tuple[Path, ...] = ()) -> Outcome:
    """Read ``data`` in all ways: its content, or why it was refused.

    Raises:
        Disagreement: the ways disagree.
    """
    options = DecompressOptions(threads=1, model_path=model_path)
    first = attempt(lambda: neurocomp.decompress(data, threads=1, model_path=model_path))
    whole: dict[str, Callable[[], bytes]] = {
        "a pipe, threads": lambda: _from_pipe(data, DecompressOptions(2, model_path)),
        "open, at once": lambda: _open(data, model_path).read(),
        "open, in pieces": lambda: _in_pieces(_open(data, model_path)),
        "open, backwards": lambda: _backwards(_open(data, model_path)),
        "a range of all": lambda: _range(data, 0, FAR, options),
    }
    for name, way in whole.items():
        found = attempt(way)
        if isinstance(found, bytes) != isinstance(first, bytes) or (
            isinstance(found, bytes) and found != first
        ):
            raise Disagreement(f"decompress: {first!r}; {name}: {found!r}")
    _check_info(data, model_path, first)
    recovered, recovery = _check_recovery(data, options, first)
    if recovery is not None:
        _check_ranges(data, options, recovered, recovery)
    return first


def attempt(way: Callable[[], bytes]) -> Outcome:
    """Return what ``way`` returns, or the error of ours that it raises."""
    try:
        return way()
    except NeurocompError as error:
        return error


def recover(data: bytes, *, fill: bool = False, **options: Any) -> tuple[bytes, Recovery]:
    """Return what ``--recover`` writes, and its report."""
    sink = io.BytesIO()
    recovery = recover_stream(
        io.BytesIO(data), sink, DecompressOptions(threads=1, **options), fill=fill
    )
    assert len(sink.getvalue()) == recovery.content_bytes + recovery.filled_bytes
    return sink.getvalue(), recovery


def _from_pipe(data: bytes, options: DecompressOptions) -> bytes:
    sink = io.BytesIO()
    decompress_stream(cast(BinaryIO, Pipe(data)), sink, options)
    return sink.getvalue()


def _open(data: bytes, model_path: tuple[Path, ...]) -> BinaryIO:
    return neurocomp.open(io.BytesIO(data), "rb", model_path=model_path)


def _in_pieces(file: BinaryIO) -> bytes:
    return b"".join(iter(lambda: file.read(37), b""))


def _backwards(file: BinaryIO) -> bytes:
    end = file.seek(0, io.SEEK_END)
    pieces = [file.read()]
    while end > 0:
        start = max(end - 41, 0)
        file.seek(start)
        pieces.append(file.read(end - start))
        end = start
    return b"".join(reversed(pieces))


def _range(data: bytes, start: int, stop: int, options: DecompressOptions) -> bytes:
    sink = io.BytesIO()
    decompress_range(io.BytesIO(data), sink, start, stop, options)
    return sink.getvalue()


def _check_info(data: bytes, model_path: tuple[Path, ...], content: Outcome) -> None:
    """What the heads say must be so; damage of payloads they don't know."""
    try:
        frames = inspect_frames(io.BytesIO(data), model_path)
    except NeurocompError as error:
        if isinstance(content, bytes):
            raise Disagreement(f"info refuses what decompress reads: {error}") from error
        return
    sizes = [frame.content_bytes for frame in frames]
    if isinstance(content, bytes) and sum(sizes) != len(content):
        raise Disagreement(f"info tells of {sizes} bytes, decompress gives {len(content)}")


def _check_recovery(
    data: bytes, options: DecompressOptions, content: Outcome
) -> tuple[bytes, Recovery | None]:
    """Nothing is lost of what is sound, and what is damaged is always said to be."""
    try:
        found, recovery = recover(data, fill=True, model_path=options.model_path)
        bare, _ = recover(data, model_path=options.model_path)
    except NeurocompError as error:
        if isinstance(content, bytes):
            raise Disagreement(f"recovery refuses what decompress reads: {error}") from error
        return b"", None
    if isinstance(content, bytes) and (found, recovery.lost) != (content, ()):
        raise Disagreement(f"recovery of a sound file: {found!r}, {recovery.lost}")
    if not isinstance(content, bytes) and not recovery.lost:
        raise Disagreement(f"recovery takes for sound what is refused: {content}")
    if len(bare) != recovery.content_bytes:
        raise Disagreement("zeros that fill what is lost change what is found")
    return found, recovery


def _check_ranges(
    data: bytes, options: DecompressOptions, recovered: bytes, recovery: Recovery
) -> None:
    """A range that is served holds sound blocks at their places, also in a damaged file."""
    size = max(len(recovered), 1)
    for start in range(0, size, max(size // _PIECES, 1)):
        stop = start + max(size // _PIECES, 1)
        found = attempt(lambda start=start, stop=stop: _range(data, start, stop, options))  # type: ignore[misc]
        if not isinstance(found, bytes):
            if not recovery.lost:
                raise Disagreement(f"bytes {start} to {stop} of a sound file: {found}")
        elif found != recovered[start:stop]:
            raise Disagreement(f"bytes {start} to {stop} are not those of the file")
