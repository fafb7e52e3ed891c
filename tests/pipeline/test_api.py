"""Bytes in, a frame out, every byte back."""

from __future__ import annotations

import io
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import neurocomp
from neurocomp.errors import FormatError, ModelNotFoundError, UsageError
from neurocomp.frame.reader import FrameBlock, read_frames
from neurocomp.models.bytenet import sections
from neurocomp.pipeline import blocks
from neurocomp.pipeline.options import MIN_BLOCK_BYTES
from tests.conftest import make_text

PROSE = Path(__file__).parents[2] / "docs" / "format.md"
COMBINATIONS = [("mix", "arithmetic"), ("adaptive", "arithmetic"), ("adaptive", "huffman")]

repetitive = st.builds(
    lambda unit, count, tail: unit * count + tail,
    st.binary(min_size=1, max_size=40),
    st.integers(1, 300),
    st.binary(max_size=10),
)


@settings(max_examples=40)
@given(
    st.binary(max_size=3000)
    | repetitive
    | repetitive.map(lambda data: data.replace(b"a", b"\r\n"))
    | st.text(max_size=500).map(str.encode),
    st.sampled_from(COMBINATIONS),
    st.sampled_from([None, MIN_BLOCK_BYTES]),
    st.integers(1, 3),
)
def test_round_trip(
    data: bytes, model_and_coder: tuple[str, str], block_bytes: int | None, threads: int
) -> None:
    model, coder = model_and_coder
    frame = neurocomp.compress(
        data, model=model, coder=coder, block_bytes=block_bytes, threads=threads
    )
    assert neurocomp.decompress(frame, threads=threads) == data


@pytest.mark.parametrize("preset", ["fast", "default", "best"])
def test_presets_shrink_text(preset: str) -> None:
    data = make_text(20_000)
    frame = neurocomp.compress(data, preset=preset)
    assert len(frame) < 0.3 * len(data)
    assert neurocomp.decompress(frame) == data


@pytest.mark.parametrize("preset", ["default", "best"])
def test_blocks_of_several_sections(preset: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sections, "MIN_SECTION_BYTES", 2000)
    data = PROSE.read_bytes()[:6500]
    frame = neurocomp.compress(data, preset=preset, threads=2)
    (block,) = (one.block for one in read_frames(io.BytesIO(frame)) if isinstance(one, FrameBlock))
    assert block.num_lanes == (6 if preset == "default" else 3)
    assert neurocomp.compress(data, preset=preset) == frame
    assert neurocomp.decompress(frame) == data


@pytest.mark.parametrize(("model", "coder"), COMBINATIONS)
def test_incompressible_data_grows_little(model: str, coder: str) -> None:
    data = random.Random(1).randbytes(10_000)
    frame = neurocomp.compress(data, model=model, coder=coder)
    assert len(frame) <= len(data) + 24
    assert neurocomp.decompress(frame) == data


@pytest.mark.parametrize(("model", "coder"), COMBINATIONS)
def test_the_number_of_threads_does_not_change_the_frame(model: str, coder: str) -> None:
    data = make_text(30_000)
    frames = {
        neurocomp.compress(
            data, model=model, coder=coder, block_bytes=MIN_BLOCK_BYTES, threads=threads
        )
        for threads in (1, 2, 5)
    }
    assert len(frames) == 1


def test_concatenated_frames_are_concatenated_contents() -> None:
    first, second = make_text(5000, 1), make_text(300, 2)
    data = neurocomp.compress(first, model="adaptive", coder="huffman") + neurocomp.compress(second)
    assert neurocomp.decompress(data) == first + second
    assert neurocomp.decompress(data + neurocomp.compress(b"")) == first + second


def test_a_frame_in_a_frame_is_just_bytes() -> None:
    inner = neurocomp.compress(make_text(1000))
    data = inner
    for _ in range(5):
        data = neurocomp.compress(data, model="adaptive")
    assert neurocomp.decompress(data) != inner
    for _ in range(5):
        data = neurocomp.decompress(data)
    assert data == inner


@pytest.mark.parametrize(("model", "coder"), COMBINATIONS)
def test_every_bit_flip_and_truncation_raises(model: str, coder: str) -> None:
    frame = neurocomp.compress(make_text(150), model=model, coder=coder)
    for size in range(len(frame)):
        with pytest.raises(neurocomp.NeurocompError):
            neurocomp.decompress(frame[:size])
    for position in range(8 * len(frame)):
        damaged = bytearray(frame)
        damaged[position // 8] ^= 1 << position % 8
        with pytest.raises(neurocomp.NeurocompError):
            neurocomp.decompress(bytes(damaged))


@pytest.mark.parametrize(("model", "coder"), COMBINATIONS)
def test_verify_catches_a_codec_that_errs(
    model: str, coder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert neurocomp.compress(make_text(500), model=model, coder=coder, verify=True)
    original = blocks.BlockCoder.decode
    monkeypatch.setattr(
        blocks.BlockCoder, "decode", lambda self, *args: original(self, *args)[:-1] + b"?"
    )
    with pytest.raises(neurocomp.NeurocompError, match="verification failed"):
        neurocomp.compress(make_text(500), model=model, coder=coder, verify=True)


def test_usage_errors_name_the_way_out() -> None:
    with pytest.raises(UsageError, match="choose one of fast, default, best"):
        neurocomp.compress(b"", preset="tiny")
    with pytest.raises(UsageError, match="choose one of arithmetic, huffman"):
        neurocomp.compress(b"", coder="lzw")
    with pytest.raises(UsageError, match="models that work with 'huffman': adaptive, ngram"):
        neurocomp.compress(b"", model="mix", coder="huffman")
    with pytest.raises(UsageError, match="choose 4096"):
        neurocomp.compress(b"", block_bytes=100)
    with pytest.raises(UsageError, match="threads"):
        neurocomp.compress(b"", threads=-1)
    with pytest.raises(ModelNotFoundError, match="in the package are: mix, adaptive"):
        neurocomp.compress(b"", model="no-such-model")


def test_what_is_no_frame() -> None:
    for data in (b"", b"hello", make_text(1000)):
        with pytest.raises(FormatError, match="not a neurocomp file"):
            neurocomp.decompress(data)


def test_package_surface() -> None:
    for name in neurocomp.__all__:
        assert getattr(neurocomp, name) is not None
    assert neurocomp.__version__
    with pytest.raises(AttributeError, match="no attribute 'expand'"):
        neurocomp.expand  # noqa: B018
