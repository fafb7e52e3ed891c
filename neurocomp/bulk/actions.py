"""The work on one file of a set: compress, test, restore."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from neurocomp.bulk.hashing import Hashed
from neurocomp.bulk.manifest import Record, frame_path
from neurocomp.bulk.places import FileStatus, Place
from neurocomp.errors import ChecksumError, FormatError
from neurocomp.frame.checksums import join_checksums
from neurocomp.frame.entry import ModelEntry
from neurocomp.frame.header import FrameHeader, read_header
from neurocomp.frame.reader import FrameBlock, read_frames
from neurocomp.frame.source import ByteSource
from neurocomp.pipeline.blocks import BlockCoder
from neurocomp.pipeline.choice import FrameEncoder
from neurocomp.pipeline.inspect import inspect_model
from neurocomp.pipeline.options import CompressOptions, DecompressOptions
from neurocomp.pipeline.streams import FrameCoders, compress_stream, decompress_stream
from neurocomp.store.folder import ModelStore


@dataclass(frozen=True)
class Coding:
    """Coders that are open.

    Attributes:
        options: options of the run.
        coder: coder for compression; None if nothing is compressed.
        coders: coders for decompression.
    """

    options: CompressOptions
    coder: BlockCoder | None
    coders: FrameCoders


def compress_file(
    coding: Coding,
    source: Place,
    target: Place,
    status: Any,
    *,
    force: bool,
    replaced: frozenset[str],
) -> tuple[Record, bool]:
    """Compress a file, unless its frames are there; return its record, and whether it was written.

    Raises:
        FileExistsError: there is a file in the place of the frames that is none of this set.
        NeurocompError, OSError: as reading, coding and writing do.
    """
    assert isinstance(status, FileStatus)
    frame = frame_path(status.path)
    if target.status(frame) is not None:
        record = _kept(coding, source, target, status, frame)
        if record is not None:
            return record, False
        if not (force or status.path in replaced):
            raise FileExistsError(
                f"{frame} already exists with other content: give --force to replace it"
            )
    with (
        source.open(status.path) as stream,
        target.new_file(frame, status) as file,
    ):
        content, frames = Hashed(stream), Hashed(file)
        compress_stream(content.binary, frames.binary, coding.options, coder=coding.coder)
    return _record(coding, status, frame, content, frames), True


def _kept(
    coding: Coding, source: Place, target: Place, status: FileStatus, frame: str
) -> Record | None:
    """Return the record of frames that another worker has written; None where that is not sure.

    Nothing is decoded: the stored checksums confirm the frames, and the checksum of their content
    is compared with that of the file.
    """
    checksum = num_bytes = 0
    with target.open(frame) as file:
        frames = Hashed(file)
        try:
            for event in read_frames(frames.binary):
                if isinstance(event, FrameBlock):
                    block = event.block
                    checksum = join_checksums(checksum, block.decoded_checksum, block.decoded_bytes)
                    num_bytes += block.decoded_bytes
            entries = _header(frames).models
        except FormatError:
            return None
    if num_bytes != status.num_bytes or not _is_ours(coding, entries):
        return None
    with source.open(status.path) as stream:
        content = Hashed(stream)
        content.drain()
    if (content.num_bytes, content.checksum) != (num_bytes, checksum):
        return None
    return _record(coding, status, frame, content, frames)


def _is_ours(coding: Coding, entries: tuple[ModelEntry, ...]) -> bool:
    """Return whether frames are what this run would write, as far as their models show."""
    assert coding.coder is not None
    # Another model may have served the content, alone or beside the one that was asked for.
    ours = {one.entry for one in FrameEncoder(coding.coder, coding.options).coders}
    return set(entries) <= ours


def check_file(
    coding: Coding, source: Place, record: Any, *, is_quick: bool
) -> tuple[Record, bool]:
    """Decode the frames of a file and compare all hashes; return its record.

    Args:
        coding: coders and options of the run.
        source: the folder of the frames.
        record: record of the file.
        is_quick: compare the hash of the frames, and decode nothing.

    Raises:
        ChecksumError: it is not what the manifest records.
        NeurocompError, OSError: as reading and decoding do.
    """
    assert isinstance(record, Record)
    with source.open(record.frame) as file:
        frames, content = Hashed(file), Hashed()
        if is_quick:
            frames.drain()
            _compare_frames(record, frames)
            return record, False
        _decode(coding, record, frames, content)
    return record, False


def restore_file(
    coding: Coding, source: Place, target: Place, record: Any, *, force: bool
) -> tuple[Record, bool]:
    """Write the content of a file, unless it is there; return its record, and whether it was.

    Raises:
        FileExistsError: there is a file of another content.
        ChecksumError: the frames are not what the manifest records; nothing is written.
        NeurocompError, OSError: as reading, decoding and writing do.
    """
    assert isinstance(record, Record)
    status = target.status(record.path)
    if status is not None:
        if status.num_bytes == record.num_bytes:
            with target.open(record.path) as file:
                content = Hashed(file)
                content.drain()
            if content.sha256 == record.sha256:
                return record, False
        if not force:
            raise FileExistsError(
                f"{record.path} already exists with other content: give --force to replace it"
            )
    like = FileStatus(record.path, record.num_bytes, "", record.modified_ns, record.mode)
    with source.open(record.frame) as file, target.new_file(record.path, like) as sink:
        _decode(coding, record, Hashed(file), Hashed(sink))
    return record, True


def _decode(coding: Coding, record: Record, frames: Hashed, content: Hashed) -> None:
    """Decode all of a file, and compare it with its record."""
    options = DecompressOptions(
        coding.options.threads, coding.options.model_path, max_output=record.num_bytes
    )
    decompress_stream(frames.binary, content.binary, options, coders=coding.coders)
    _compare_frames(record, frames)
    if (content.num_bytes, content.sha256) != (record.num_bytes, record.sha256):
        raise ChecksumError("the content does not have the hash that the manifest records")


def _compare_frames(record: Record, frames: Hashed) -> None:
    if (frames.num_bytes, frames.sha256) != (record.frame_bytes, record.frame_sha256):
        raise ChecksumError(f"{record.frame} does not have the hash that the manifest records")


def _record(
    coding: Coding, status: FileStatus, frame: str, content: Hashed, frames: Hashed
) -> Record:
    entries = _header(frames).models
    return Record(
        status.path,
        content.num_bytes,
        content.sha256,
        frame,
        frames.num_bytes,
        frames.sha256,
        tuple(dict(_model_row(entry, coding.options.model_path)) for entry in entries),
        status.version,
        status.modified_ns,
        status.mode,
    )


def _header(frames: Hashed) -> FrameHeader:
    header = read_header(ByteSource(io.BytesIO(frames.head)))
    if header is None:
        raise FormatError("not a neurocomp file: it is empty")
    return header


@lru_cache(maxsize=64)
def _model_row(entry: ModelEntry, model_path: tuple[Path, ...]) -> tuple[tuple[str, Any], ...]:
    """Return a model's entry for a record."""
    model = inspect_model(entry, ModelStore(search_path=model_path))
    return (
        ("name", model.model),
        ("family", model.family),
        ("revision", model.revision),
        ("hash", model.hash),
        ("dictionary", model.dictionary),
    )
