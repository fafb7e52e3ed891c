"""File objects: modes, appending, what cannot seek, where they stand; functions of whole files."""

from __future__ import annotations

import io
import os
import random
from pathlib import Path
from typing import Any

import pytest

import neurocomp
from neurocomp import FormatError, NeurocompFile
from tests.conftest import make_text

BLOCK = 4096
FAST: Any = {"model": "adaptive", "block_bytes": BLOCK}
TEXT = make_text(3 * BLOCK + 77)
FRAME = neurocomp.compress(TEXT, **FAST)
MORE = neurocomp.compress(b"more", **FAST)


class Pipe(io.RawIOBase):
    """Gives a few bytes at a time, and cannot seek."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._data.readinto(memoryview(buffer)[:7])


class Narrow(io.RawIOBase):
    """Takes a few bytes at a time."""

    def __init__(self) -> None:
        self.data = b""

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.data += bytes(data[:7])
        return len(data[:7])


class Path8(os.PathLike[bytes]):
    def __init__(self, path: Path) -> None:
        self._path = path

    def __fspath__(self) -> bytes:
        return os.fsencode(self._path)


def test_paths_of_all_forms(tmp_path: Path) -> None:
    path = tmp_path / "a"
    for form in (path, str(path), os.fsencode(path), Path8(path)):
        with neurocomp.open(form, "wb", **FAST) as file:
            file.write(TEXT)
            assert file.fileno() == file._fp.fileno()
            assert file.mode == "wb"
        with neurocomp.open(form) as file:
            assert file.read() == TEXT
            assert os.fsdecode(file.name) == str(path)
            assert (file.mode, file.readable(), file.writable()) == ("rb", True, False)
        sizes = neurocomp.test(form)
        assert (sizes.content_bytes, sizes.frame_bytes) == (len(TEXT), path.stat().st_size)


def test_what_cannot_seek_is_read_in_order() -> None:
    with neurocomp.open(Pipe(FRAME + MORE)) as file:
        assert not file.seekable()
        assert file.peek(1)[:1] == TEXT[:1]
        assert file.readline() + file.read(5000) + file.read() == TEXT + b"more"
        assert file.tell() == len(TEXT) + 4
        with pytest.raises(io.UnsupportedOperation):
            file.seek(0)
        with pytest.raises(io.UnsupportedOperation):
            file.fileno()
    with neurocomp.open(Pipe(FRAME), "rt", encoding="ascii") as text:
        assert text.read() == TEXT.decode()


def test_a_file_object_is_read_from_where_it_stands() -> None:
    stream = io.BytesIO(b"something before" + FRAME + MORE)
    stream.seek(16)
    with neurocomp.open(stream) as file:
        assert file.read(10) == TEXT[:10]
        assert file.seek(-2, io.SEEK_END) == len(TEXT) + 2
        assert file.read() == b"re"
        assert file.seek(0) == 0
        assert file.read() == TEXT + b"more"
        assert file.seek(5000) == 5000
        assert file.read(9000) == (TEXT + b"more")[5000:14000]
    assert not stream.closed
    stream.seek(16)
    assert neurocomp.read_range(stream, 5000, 5003) == TEXT[5000:5003]
    stream.seek(16)
    assert [frame.offset for frame in neurocomp.info(stream)] == [0, len(FRAME)]


def test_any_mixture_of_reads_and_seeks() -> None:
    content = TEXT + b"more"
    other = io.BytesIO(content)
    rng = random.Random(3)
    with neurocomp.open(io.BytesIO(FRAME + MORE)) as file:
        for _ in range(200):
            if rng.random() < 0.4:
                whence = rng.choice((0, 1, 2))
                target = rng.randrange(len(content) + 1)
                offset = target - (0, other.tell(), len(content))[whence]
                assert file.seek(offset, whence) == other.seek(target)
            size = rng.choice((0, 1, 10, 5000, 20000))
            assert file.read(size) == other.read(size)
            assert file.tell() == other.tell()


def test_reading_in_order_checks_the_content() -> None:
    """Blocks that are sound, exchanged: what is found at the end is not taken for whole."""
    places = [
        (block.offset, block.stored_bytes) for block in neurocomp.info(io.BytesIO(FRAME))[0].blocks
    ]
    (a, size_a), (b, size_b) = places[:2]
    exchanged = FRAME[:a] + FRAME[b : b + size_b] + FRAME[a : a + size_a] + FRAME[b + size_b :]
    with neurocomp.open(io.BytesIO(exchanged)) as file:
        for _ in range(2):
            with pytest.raises(FormatError):
                file.read()


def test_damage_gives_what_comes_before_it() -> None:
    with neurocomp.open(io.BytesIO(FRAME[:-1])) as file:
        assert file.read(len(TEXT)) == TEXT
        for _ in range(2):
            with pytest.raises(EOFError):
                file.read(1)


def test_a_narrow_sink_gets_everything() -> None:
    sink = Narrow()
    with neurocomp.open(sink, "wb", **FAST) as file:
        file.write(TEXT)
    assert sink.data == FRAME
    sink = Narrow()
    neurocomp.recover(io.BytesIO(FRAME), sink)
    assert sink.data == TEXT


def test_appending(tmp_path: Path) -> None:
    path = tmp_path / "a"
    for mode in ("ab", "a"):
        with neurocomp.open(path, mode, **FAST) as file:
            assert file.tell() == 0
            file.write(b"more")
    assert path.read_bytes() == MORE * 2
    with neurocomp.open(path, "at", encoding="utf-8", **FAST) as text:
        text.write("text")
        assert text.tell() == 4
    assert neurocomp.decompress(path.read_bytes()) == b"moremoretext"
    stream = io.BytesIO()
    for _ in range(2):
        with NeurocompFile(stream, "a", **FAST) as file:
            file.write(b"more")
    assert stream.getvalue() == MORE * 2
    with neurocomp.open(path, "ab", **FAST):
        pass
    assert neurocomp.decompress(path.read_bytes()) == b"moremoretext"


@pytest.mark.parametrize("old", [b"plain text", FRAME[:-3], FRAME + b"rest"])
def test_no_appending_to_what_is_no_frame(old: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(old)
    for mode in ("ab", "at"):
        with pytest.raises(FormatError, match="a cannot be appended to"):
            neurocomp.open(path, mode, **FAST)
    assert path.read_bytes() == old


def test_what_a_writer_cannot_do(tmp_path: Path) -> None:
    with neurocomp.open(tmp_path / "a", "wb", **FAST) as file:
        calls: list[Any] = [
            file.read, file.read1, file.readline, file.peek, lambda: file.seek(0),
            lambda: next(file),
            lambda: file.readinto(bytearray(3)), file.truncate, file.detach,
        ]  # fmt: skip
        for call in calls:
            with pytest.raises(io.UnsupportedOperation):
                call()
        assert not file.seekable()
    for call in (file.write, file.tell, file.flush, file.readable, file.fileno, file.read):
        with pytest.raises(ValueError, match="closed"):
            call(*([b""] if call == file.write else []))
    assert "closed" in repr(file)
    with (
        neurocomp.open(tmp_path / "t", "wt", **FAST) as text,
        pytest.raises(io.UnsupportedOperation),
    ):
        text.seek(0)


def test_what_a_reader_cannot_do() -> None:
    with neurocomp.open(io.BytesIO(FRAME)) as file:
        with pytest.raises(io.UnsupportedOperation):
            file.write(b"")
        for whence in (3, 4, 9, -1):
            with pytest.raises(ValueError, match=r"whence"):
                file.seek(0, whence)
        for offset in (None, b"5", 1.5):
            with pytest.raises(TypeError):
                file.seek(offset)  # type: ignore[arg-type]
        buffer = bytearray(5)
        assert (file.readinto(buffer), bytes(buffer)) == (5, TEXT[:5])
        assert list(file)[-1] == TEXT[5:].splitlines(keepends=True)[-1]


def test_flushing_often_and_sections(tmp_path: Path) -> None:
    """A flush ends a block and its frame; the content is what counts."""
    with neurocomp.open(tmp_path / "a", "wb", **FAST) as file:
        for start in range(0, len(TEXT), 3000):
            file.write(TEXT[start : start + 3000])
            file.flush()
            assert neurocomp.decompress((tmp_path / "a").read_bytes()) == TEXT[: start + 3000]
    assert len(neurocomp.info(tmp_path / "a")) == 5


def test_whole_files(tmp_path: Path) -> None:
    path = tmp_path / "a"
    damaged = bytearray(FRAME)
    places = neurocomp.info(io.BytesIO(FRAME))[0].blocks
    damaged[places[1].offset + 30] ^= 1
    path.write_bytes(damaged)
    with pytest.raises(FormatError):
        neurocomp.test(path)
    assert neurocomp.read_range(path, 0, 10) == TEXT[:10]
    for fill in (False, True):
        sink = io.BytesIO()
        recovery = neurocomp.recover(path, sink, fill=fill)
        lost = bytes(BLOCK) if fill else b""
        assert sink.getvalue() == TEXT[:BLOCK] + lost + TEXT[2 * BLOCK :]
        assert [(one.start, one.stop) for one in recovery.lost] == [(BLOCK, 2 * BLOCK)]
    with pytest.raises(neurocomp.SizeLimitError):
        neurocomp.decompress(FRAME, max_output=100)


@pytest.mark.parametrize("preset", ["fast", "default", "best"])
def test_every_preset_is_read_in_every_way(preset: Any, tmp_path: Path) -> None:
    """No argument but the preset is given: what is left to its default must work in every way."""
    path = tmp_path / "log.ncmp"
    content = b"all of it, line by line\n" * 9
    with neurocomp.open(path, "wb", preset=preset) as file:
        file.write(content)
    frame = path.read_bytes()
    with neurocomp.open(path) as file:
        assert file.read() == content
        file.seek(5)
        assert file.read(9) == content[5:14]
    with neurocomp.open(Pipe(frame)) as file:
        assert file.read() == content
    assert neurocomp.decompress(frame) == content
    assert neurocomp.Decompressor().decompress(frame) == content
    assert neurocomp.Codec(threads=0).decompress(frame) == content
    assert list(neurocomp.decompress_many([frame])) == [content]
    assert neurocomp.read_range(path, 5, 14) == content[5:14]
    assert neurocomp.test(path).content_bytes == len(content)
