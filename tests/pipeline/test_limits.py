"""What files of strangers may cost: content, time and memory until they are refused."""

from __future__ import annotations

import io
import pickle
import tracemalloc
from typing import Any

import pytest

import neurocomp
from neurocomp.codec import symbolwise
from neurocomp.errors import FormatError, SizeLimitError, UsageError
from neurocomp.pipeline.options import DecompressOptions
from neurocomp.pipeline.recover import recover_stream
from neurocomp.pipeline.seekable import decompress_range
from neurocomp.pipeline.streams import decompress_stream
from neurocomp.registry.packaged import EMBEDDED
from tests.conftest import make_text
from tests.forging import frame_of, modelled_block, stored_block, take_apart
from tests.ways import recover

A, B = make_text(400, 1), make_text(300, 2)
FRAME = frame_of(A, B)
HUGE = 1 << 26
NETWORKS = [name for name in EMBEDDED if name.startswith("text")]


def header_of(model: str, coder: str = "arithmetic") -> bytes:
    """Return a frame header without opening the model more than tests do anyway."""
    return take_apart(neurocomp.compress(b"", model=model, coder=coder)).header


def test_more_content_than_is_allowed() -> None:
    for data in (FRAME, FRAME + frame_of(b"more"), neurocomp.compress(A + B, model="mix")):
        content = neurocomp.decompress(data)
        assert neurocomp.decompress(data, max_output=len(content)) == content
        assert neurocomp.decompress(data, max_output=1 << 50) == content
        for limit in (0, 1, len(content) - 1):
            with pytest.raises(SizeLimitError, match=f"allowed are {limit}"):
                neurocomp.decompress(data, max_output=limit)
    assert neurocomp.decompress(frame_of(b""), max_output=0) == b""
    with pytest.raises(UsageError, match="-1 bytes"):
        neurocomp.decompress(FRAME, max_output=-1)


def test_the_limit_is_no_damage_and_goes_through_a_pickle() -> None:
    with pytest.raises(SizeLimitError) as caught:
        neurocomp.decompress(FRAME, max_output=5)
    assert not isinstance(caught.value, FormatError)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


class Watched(io.BytesIO):
    """Tells how far it was read."""

    farthest = 0

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self.farthest = max(self.farthest, self.tell())
        return data


def test_the_head_is_enough_to_refuse() -> None:
    header = take_apart(FRAME).header
    source = Watched(header + stored_block(header, bytes(3 << 20)))
    with pytest.raises(SizeLimitError):
        decompress_stream(source, io.BytesIO(), DecompressOptions(max_output=1 << 20))
    assert source.farthest < len(header) + 20


def test_limits_of_parts() -> None:
    options = DecompressOptions(threads=1, max_output=10)
    sink = io.BytesIO()
    assert decompress_range(io.BytesIO(FRAME), sink, 395, 405, options) == 10
    with pytest.raises(SizeLimitError):
        decompress_range(io.BytesIO(FRAME), sink, 395, 406, options)
    with pytest.raises(SizeLimitError):
        recover(FRAME, max_output=len(A + B) - 1)
    assert recover(FRAME, max_output=len(A + B))[0] == A + B


def test_a_range_of_nothing() -> None:
    for data in (frame_of(b""), frame_of(b"") * 2):
        sink = io.BytesIO()
        assert decompress_range(io.BytesIO(data), sink, 0, 1 << 60) == 0
        assert sink.getvalue() == b""
        with pytest.raises(UsageError, match="past the end"):
            decompress_range(io.BytesIO(data), sink, 1, 2)


@pytest.mark.parametrize("payload", [b"", b"\0", b"\xff" * 2, b"\x12" * 183])
@pytest.mark.parametrize("lanes", [1, 4096])
def test_payloads_too_short_for_their_blocks(payload: bytes, lanes: int) -> None:
    for model, coder in (
        ("adaptive", "arithmetic"),
        ("adaptive", "huffman"),
        ("mix", "arithmetic"),
    ):
        header = header_of(model, coder)
        tracemalloc.start()
        try:
            with pytest.raises(FormatError, match=r"too short|lanes"):
                neurocomp.decompress(header + modelled_block(header, HUGE, payload, lanes))
            assert tracemalloc.get_traced_memory()[1] < 20e6
        finally:
            tracemalloc.stop()


@pytest.mark.parametrize("model", NETWORKS)
def test_large_models_are_not_opened_for_what_their_heads_refuse(
    model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    header = header_of(model)
    forged = [
        header + modelled_block(header, HUGE, bytes(1477)),
        header + modelled_block(header, HUGE, bytes(252), 64),
        header + modelled_block(header, HUGE, bytes(90_000), 66),
    ]
    with_coder = header[:3] + bytes([header[3] | 2, 1]) + header[4:]
    forged.append(with_coder + stored_block(with_coder, b"content"))

    def opened(*_: Any) -> None:
        raise AssertionError("the model was opened")

    monkeypatch.setattr("neurocomp.pipeline.blocks.open_entry", opened)
    for data in forged:
        with pytest.raises(FormatError):
            neurocomp.decompress(data)


def test_sections_too_short_for_their_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    header = header_of("text-s")
    monkeypatch.setattr("neurocomp.pipeline.blocks.open_entry", None)
    sizes = b"".join(size.to_bytes(4, "little") for size in [46] * 31)
    data = header + modelled_block(header, HUGE, sizes + b"\x55" * 3000, 64, variant=2)
    with pytest.raises(FormatError, match="section's payload of 46 bytes"):
        neurocomp.decompress(data)


def test_progress_within_a_block_adds_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(symbolwise, "_TICK_SECONDS", 0.0)
    data = frame_of(A + B) + frame_of(bytes(range(256)))
    told: list[int] = []
    decompress_stream(io.BytesIO(data), io.BytesIO(), DecompressOptions(1), told.append)
    assert len(told) > 100
    assert told == sorted(told)
    assert told[-1] == len(A + B) + 256


class Enough(Exception):
    """What a caller raises who does not want to wait."""


@pytest.mark.parametrize("threads", [1, 3])
def test_a_caller_stops_the_work_within_a_block(
    threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(symbolwise, "_TICK_SECONDS", 0.0)

    def stop(num_bytes: int) -> None:
        if num_bytes > 50:
            raise Enough

    options = DecompressOptions(threads)
    data = frame_of(A + B) + FRAME
    for run in (
        lambda sink: decompress_stream(io.BytesIO(data), sink, options, stop),
        lambda sink: recover_stream(io.BytesIO(data), sink, options, stop),
        lambda sink: decompress_range(io.BytesIO(data), sink, 0, 99, options, stop),
    ):
        sink = io.BytesIO()
        with pytest.raises(Enough):
            run(sink)
        assert sink.getvalue() == b""
