"""Parts of a file: ranges, seeking, recovery, inspection."""

from __future__ import annotations

import dataclasses
import io
import random
from pathlib import Path
from typing import Any

import pytest

import neurocomp
from neurocomp.errors import (
    ChecksumError,
    FormatError,
    ModelMismatchError,
    ModelNotFoundError,
    UsageError,
)
from neurocomp.frame import constants
from neurocomp.frame.index import read_index
from neurocomp.pipeline.inspect import inspect_frames
from neurocomp.pipeline.options import DecompressOptions
from neurocomp.pipeline.recover import recover_stream
from neurocomp.pipeline.seekable import decompress_range
from neurocomp.registry import packaged
from tests.conftest import make_text

BLOCK = 4096
TEXT = make_text(5 * BLOCK + 123)


@pytest.fixture(scope="module")
def frames() -> bytes:
    """Two frames: one of several blocks and an index, one of a single block."""
    first = neurocomp.compress(TEXT, model="adaptive", block_bytes=BLOCK)
    return first + neurocomp.compress(b"the end", model="adaptive")


CONTENT = TEXT + b"the end"


def range_of(data: bytes, start: int, stop: int) -> bytes:
    found = set()
    for threads in (1, 3):
        sink = io.BytesIO()
        options = DecompressOptions(threads=threads)
        num_bytes = decompress_range(io.BytesIO(data), sink, start, stop, options)
        assert num_bytes == len(sink.getvalue())
        found.add(sink.getvalue())
    [content] = found
    return content


def test_ranges(frames: bytes) -> None:
    size = len(CONTENT)
    edges = [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK, len(TEXT), size - 1]
    for start in edges:
        for stop in (start + 1, start + BLOCK, size, size + 100):
            assert range_of(frames, start, stop) == CONTENT[start:stop]


def test_ranges_that_are_none(frames: bytes) -> None:
    for start, stop in ((5, 5), (6, 5), (-1, 5)):
        with pytest.raises(UsageError, match="not a range"):
            range_of(frames, start, stop)
    with pytest.raises(UsageError, match="past the end"):
        range_of(frames, len(CONTENT), len(CONTENT) + 1)
    with pytest.raises(FormatError, match="empty"):
        range_of(b"", 0, 1)


def test_a_range_decodes_only_its_blocks(frames: bytes) -> None:
    damaged = bytearray(frames)
    place = read_index(io.BytesIO(frames))[0].places[0]
    damaged[place.offset + place.stored_bytes // 2] ^= 1
    assert range_of(bytes(damaged), BLOCK, 2 * BLOCK) == CONTENT[BLOCK : 2 * BLOCK]
    with pytest.raises(ChecksumError):
        range_of(bytes(damaged), 0, 1)


def test_open_reads_and_seeks(frames: bytes, tmp_path: Path) -> None:
    path = tmp_path / "file.ncmp"
    path.write_bytes(frames)
    with neurocomp.open(path) as file:
        assert file.read() == CONTENT
        rng = random.Random(0)
        for _ in range(20):
            position, size = rng.randrange(len(CONTENT) + 10), rng.randrange(2 * BLOCK)
            assert file.seek(position) == min(position, len(CONTENT))
            assert file.read(size) == CONTENT[position : position + size]
        assert file.seek(-7, io.SEEK_END) == len(CONTENT) - 7
        assert file.read() == b"the end"
        with pytest.raises(io.UnsupportedOperation):
            file.write(b"x")
        assert file.seek(-1) == file.tell() == 0
        assert file.seek(len(CONTENT) + 9) == file.tell() == len(CONTENT)
    with neurocomp.open(path, "rt", encoding="ascii") as text:
        assert next(iter(text)) == CONTENT.decode().splitlines(keepends=True)[0]
    with neurocomp.open(io.BytesIO(frames)) as file:
        assert file.read(10) == CONTENT[:10]


@pytest.mark.parametrize("size", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK])
def test_open_writes(size: int, tmp_path: Path) -> None:
    path = tmp_path / "file.ncmp"
    data = TEXT[:size]
    with neurocomp.open(path, "wb", model="adaptive", block_bytes=BLOCK) as file:
        for start in range(0, size, 1000):
            file.write(data[start : start + 1000])
        assert file.tell() == size
    assert path.read_bytes() == neurocomp.compress(data, model="adaptive", block_bytes=BLOCK)


def test_open_writes_text(tmp_path: Path) -> None:
    path = tmp_path / "file.ncmp"
    with neurocomp.open(path, "xt", model="adaptive", encoding="utf-8", newline="\n") as file:
        file.write("naïve\n")
    assert neurocomp.decompress(path.read_bytes()) == "naïve\n".encode()
    with pytest.raises(FileExistsError):
        neurocomp.open(path, "x")


def write_until_interrupted(path: Path, mode: str) -> None:
    data: bytes | str = TEXT if mode == "wb" else TEXT.decode()
    with neurocomp.open(path, mode, model="adaptive", block_bytes=BLOCK) as file:
        file.write(data)  # type: ignore[arg-type]
        raise KeyboardInterrupt


def test_a_closed_file_takes_nothing(tmp_path: Path) -> None:
    file = neurocomp.open(tmp_path / "a.ncmp", "wb", model="adaptive")
    file.write(b"content")
    file.close()
    with pytest.raises(ValueError, match="closed"):
        file.write(b"more")
    with pytest.raises(ValueError, match="closed"):
        file.tell()


class FullOnce(io.BytesIO):
    """A disk that is full once, in the midst of a write."""

    is_full = True

    def write(self, data: Any) -> int:
        if self.is_full:
            self.is_full = False
            super().write(data[:5])
            raise OSError(28, "No space left on device")
        return super().write(data)


def test_a_failed_write_is_not_forgotten() -> None:
    """What comes later cannot make it a whole frame, so nobody may think so."""
    file = neurocomp.open(FullOnce(), "wb", model="adaptive", block_bytes=BLOCK)
    with pytest.raises(OSError, match="No space"):
        file.write(TEXT)
    with pytest.raises(OSError, match="not a whole frame"):
        file.write(TEXT)
    with pytest.raises(OSError, match="not a whole frame"):
        file.close()
    assert file.closed


@pytest.mark.parametrize("mode", ["wb", "wt"])
def test_an_interruption_leaves_what_was_written(mode: str, tmp_path: Path) -> None:
    path = tmp_path / "file.ncmp"
    with pytest.raises(KeyboardInterrupt):
        write_until_interrupted(path, mode)
    (frame,) = inspect_frames(io.BytesIO(path.read_bytes()))
    assert [block.method for block in frame.blocks] == ["modelled"] * 5 + ["stored"]
    assert neurocomp.decompress(path.read_bytes()) == TEXT


@pytest.mark.parametrize("mode", ["r+b", "rbt", "", "q", "rw", "br", "rbb", "wtt", "tr", "U", "w+"])
def test_open_refuses_modes(mode: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="mode"):
        neurocomp.open(tmp_path / "file.ncmp", mode)
    with pytest.raises(UsageError, match="encoding"):
        neurocomp.open(tmp_path / "file.ncmp", "wb", encoding="ascii")


def test_damage_shows_when_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "file.ncmp"
    path.write_bytes(b"not a frame")
    file = neurocomp.open(path)
    with pytest.raises(FormatError, match="does not start with a frame"):
        file.read()
    with pytest.raises(FormatError, match="does not start with a frame"):
        file.read(1)


def recover(data: bytes) -> tuple[bytes, list[tuple[int, int | None]]]:
    found = []
    for threads in (1, 3):
        sink = io.BytesIO()
        recovery = recover_stream(io.BytesIO(data), sink, DecompressOptions(threads=threads))
        assert recovery.content_bytes == len(sink.getvalue())
        found.append((sink.getvalue(), [(one.start, one.stop) for one in recovery.lost]))
    assert found[0] == found[1]
    return found[0]


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"model": "missing"}, ModelNotFoundError),
        ({"model": "mix", "coder": "huffman"}, UsageError),
    ],
)
def test_a_wrong_model_costs_no_file(options: Any, error: type[Exception], tmp_path: Path) -> None:
    (tmp_path / "old").write_bytes(b"content")
    with pytest.raises(error):
        neurocomp.open(tmp_path / "old", "wb", **options)
    with pytest.raises(error):
        neurocomp.open(tmp_path / "new", "xb", **options)
    assert (tmp_path / "old").read_bytes() == b"content"
    assert not (tmp_path / "new").exists()


def test_recover_what_is_whole(frames: bytes) -> None:
    assert recover(frames) == (CONTENT, [])


def test_recover_around_damage(frames: bytes) -> None:
    """A damaged payload, a damaged block head and a damaged trailer cost what they must."""
    places = read_index(io.BytesIO(frames))[0].places
    damaged = bytearray(frames)
    damaged[places[1].offset + places[1].stored_bytes // 2] ^= 1
    damaged[places[3].offset + 3] ^= 0x10
    first_frame_only = bytes(damaged[: read_index(io.BytesIO(frames))[1].offset])
    content, lost = recover(first_frame_only)
    assert lost == [(BLOCK, 2 * BLOCK), (3 * BLOCK, 4 * BLOCK)]
    assert content == TEXT[:BLOCK] + TEXT[2 * BLOCK : 3 * BLOCK] + TEXT[4 * BLOCK :]


def test_recover_a_truncated_file(frames: bytes) -> None:
    places = read_index(io.BytesIO(frames))[0].places
    content, lost = recover(frames[: places[3].offset + 5])
    assert content == TEXT[: 3 * BLOCK]
    assert lost == [(3 * BLOCK, None)]


@pytest.mark.parametrize("data", [b"", b"no frame at all"])
def test_recover_nothing(data: bytes) -> None:
    with pytest.raises(FormatError):
        recover(data)


def test_inspect(frames: bytes) -> None:
    first, second = inspect_frames(io.BytesIO(frames))
    assert (first.content_bytes, second.content_bytes) == (len(TEXT), 7)
    assert first.frame_bytes + second.frame_bytes == len(frames)
    (model,) = first.models
    assert (model.model, model.coder, model.symbols) == ("adaptive", "arithmetic", "bytes")
    assert first.missing is None
    assert [block.content_bytes for block in first.blocks] == [BLOCK] * 5 + [123]
    assert [block.method for block in second.blocks] == ["stored"]


def test_a_model_of_another_version_is_refused(
    frames: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = dataclasses.replace(packaged.EMBEDDED["adaptive"], sha256=lambda: bytes(range(32)))
    monkeypatch.setitem(packaged.EMBEDDED, "adaptive", other)
    with pytest.raises(ModelMismatchError, match=r"this neurocomp has 'adaptive' \(000102\)"):
        neurocomp.decompress(frames)
    info = inspect_frames(io.BytesIO(frames))[0]
    assert info.missing is not None
    assert "000102" in info.missing


def test_a_frame_of_another_revision_tells_who_reads_it(
    frames: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(constants.REVISIONS, constants.FAMILY_ADAPTIVE, 2)
    with pytest.raises(ModelMismatchError, match=r"pip install neurocomp==0\.1"):
        neurocomp.decompress(frames)
    info = inspect_frames(io.BytesIO(frames))[0]
    assert info.missing is not None
    assert "revision 1 of 'adaptive'" in info.missing
    later = neurocomp.compress(TEXT, model="adaptive")
    monkeypatch.setitem(constants.REVISIONS, constants.FAMILY_ADAPTIVE, 1)
    with pytest.raises(ModelMismatchError, match="a newer neurocomp reads it"):
        neurocomp.decompress(later)


def test_parts_of_a_file_of_windows_lines() -> None:
    content = TEXT.replace(b"\n", b"\r\n") + b"\n\r\r\n"
    data = neurocomp.compress(content, model="mix", block_bytes=BLOCK)
    (frame,) = inspect_frames(io.BytesIO(data))
    assert all(block.transforms == ("line ends",) for block in frame.blocks[:-1])
    assert frame.content_bytes == len(content) == sum(b.content_bytes for b in frame.blocks)
    assert neurocomp.decompress(data) == content
    for start in (0, 1, BLOCK - 1, BLOCK, 2 * BLOCK + 7):
        assert range_of(data, start, start + 300) == content[start : start + 300]
    sink = io.BytesIO()
    place = read_index(io.BytesIO(data))[0].places[1]
    damaged = bytearray(data)
    damaged[place.offset + place.stored_bytes // 2] ^= 1
    recovery = recover_stream(io.BytesIO(bytes(damaged)), sink)
    assert sink.getvalue() == content[:BLOCK] + content[2 * BLOCK :]
    assert (recovery.lost[0].start, recovery.lost[0].stop) == (BLOCK, 2 * BLOCK)
