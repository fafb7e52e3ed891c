"""Content and frames in pieces, as lzma's and zstd's compressors and decompressors."""

from __future__ import annotations

import io
import pickle
import random
from typing import Any

import pytest

import neurocomp
from neurocomp import Compressor, Decompressor
from tests.conftest import make_text

BLOCK = 4096
FAST: Any = {"model": "adaptive", "block_bytes": BLOCK}
TEXT = make_text(3 * BLOCK + 77)
FRAME = neurocomp.compress(TEXT, **FAST)
SHORT = neurocomp.compress(b"short", **FAST)


def pieces_of(data: bytes, seed: int) -> list[bytes]:
    rng = random.Random(seed)
    cuts = sorted(rng.randrange(len(data) + 1) for _ in range(9))
    return [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True) if a < b]


@pytest.mark.parametrize("seed", range(5))
def test_pieces_make_the_same_frame(seed: int) -> None:
    compressor = Compressor(**FAST)
    frame = b"".join(compressor.compress(piece) for piece in pieces_of(TEXT, seed))
    assert frame + compressor.flush() == FRAME
    decompressor = Decompressor()
    content = b""
    for piece in pieces_of(FRAME, seed):
        content += decompressor.decompress(piece)
    assert content == TEXT
    assert (decompressor.eof, decompressor.unused_data) == (True, b"")
    assert not decompressor.needs_input


def test_byte_by_byte() -> None:
    decompressor = Decompressor()
    content = b""
    for number, byte in enumerate(FRAME):
        assert decompressor.needs_input, number
        assert not decompressor.eof
        content += decompressor.decompress(bytes([byte]))
    assert (content, decompressor.eof) == (TEXT, True)


@pytest.mark.parametrize("size", [1000, BLOCK, 100_000])
def test_limited_output(size: int) -> None:
    decompressor = Decompressor()
    content = decompressor.decompress(FRAME + b"rest", size)
    assert len(content) == min(size, len(TEXT))
    while not decompressor.eof:
        assert not decompressor.needs_input
        assert decompressor.unused_data == b""
        chunk = decompressor.decompress(b"", size)
        assert 0 < len(chunk) <= size
        content += chunk
    assert (content, decompressor.unused_data) == (TEXT, b"rest")
    assert Decompressor().decompress(FRAME, 0) == b""


def test_what_comes_after_a_frame() -> None:
    decompressor = Decompressor()
    assert decompressor.decompress(SHORT + FRAME + b"junk") == b"short"
    assert decompressor.unused_data == FRAME + b"junk"
    assert decompressor.decompress(decompressor.unused_data) == TEXT
    assert decompressor.unused_data == b"junk"
    for data in (b"", b"junk"):
        with pytest.raises(EOFError):
            decompressor.decompress(data)
    decompressor = Decompressor()
    assert decompressor.decompress(SHORT) == b"short"
    assert decompressor.decompress(SHORT[:1]) == b""
    assert decompressor.decompress(SHORT[1:]) == b"short"


def test_a_flush_gives_all_up_to_there() -> None:
    compressor, decompressor = Compressor(**FAST), Decompressor()
    sent = b""
    for content in (TEXT, b"one", b"two"):
        data = compressor.compress(content) + compressor.flush(Compressor.FLUSH_BLOCK)
        assert compressor.flush(Compressor.FLUSH_BLOCK) == b""
        assert decompressor.decompress(data) == content
        sent += data
    assert compressor.flush() == b""
    assert neurocomp.decompress(sent) == TEXT + b"onetwo"


def test_modes() -> None:
    compressor = Compressor(**FAST)
    assert compressor.compress(b"short", Compressor.FLUSH_FRAME) == SHORT
    assert compressor.last_mode == Compressor.FLUSH_FRAME
    assert compressor.compress(b"short") == b""
    assert compressor.flush() == SHORT
    assert Compressor(**FAST).flush() == neurocomp.compress(b"", **FAST)
    with pytest.raises(ValueError, match="FLUSH_FRAME"):
        compressor.compress(b"", 3)
    with pytest.raises(ValueError, match="FLUSH_BLOCK"):
        compressor.flush(Compressor.CONTINUE)


@pytest.mark.parametrize("position", [0, 3, 20, len(FRAME) - 3])
def test_damage_is_an_error_and_stays_one(position: int) -> None:
    damaged = bytearray(FRAME)
    damaged[position] ^= 1
    decompressor = Decompressor()
    for data in (damaged, FRAME, b""):
        with pytest.raises(neurocomp.FormatError):
            decompressor.decompress(data)
    assert not decompressor.eof


def test_wrong_arguments() -> None:
    for wrong in (None, "text", 5):
        with pytest.raises(TypeError):
            Compressor(**FAST).compress(wrong)  # type: ignore[arg-type]
        with pytest.raises(TypeError):
            Decompressor().decompress(wrong)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        Decompressor().decompress(b"", None)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="no argument 'level'"):
        Compressor(level=3)  # type: ignore[call-arg]
    for one in (Compressor(**FAST), Decompressor()):
        with pytest.raises(TypeError, match="cannot be pickled"):
            pickle.dumps(one)


@pytest.mark.parametrize("preset", ["fast", "default", "best"])
def test_every_preset_is_read_with_as_many_threads_as_there_are_cores(preset: Any) -> None:
    frame = neurocomp.compress(TEXT, preset=preset)
    assert Decompressor().decompress(frame) == TEXT
    with neurocomp.open(io.BytesIO(frame)) as file:
        assert file.read(5) == TEXT[:5]
