"""Round trips of any bytes through a tiny random transformer mixed with contexts."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import neurocomp
from neurocomp.codec.contract import CodedBlock
from neurocomp.errors import FormatError, UnsupportedError, UsageError
from neurocomp.frame.constants import (
    FAMILY_BYTENET,
    FAMILY_LANGUAGE,
    FAMILY_TRANSFORMER,
    HEADER_TABLE,
)
from neurocomp.frame.header import FrameHeader
from neurocomp.frame.writer import FrameWriter
from neurocomp.models.language import LanguageModel
from neurocomp.models.language import codec as codec_module
from neurocomp.models.language.codec import LanguageCodec, num_lanes_for
from neurocomp.models.transformer import TransformerModel
from neurocomp.models.transformer import model as transformer_model
from neurocomp.models.transformer.model import MAX_CACHE_BYTES
from neurocomp.pipeline import choice
from neurocomp.pipeline.blocks import BlockCoder
from neurocomp.pipeline.options import CompressOptions
from neurocomp.store.stored import StoredModel

WORDS = b"the inner band and the other thin thread in the end, "
ODD = b"the inner band \r\n 12 345 <|endoftext|>\0\xff\xfe\xc0 " + bytes(range(256)) + b"a" * 50
CONTENTS = {
    "a byte": b"a",
    "another": b"\xff",
    "odd": ODD,
    "words": WORDS * 40,
    "special": b"<|endoftext|><|im_start|>" * 20,
}
LANES = (WORDS * 80)[:4001]


def ignore(_: int) -> None:
    return


@pytest.mark.parametrize("name", sorted(CONTENTS))
def test_bytes_come_back(model: LanguageModel, name: str) -> None:
    data = CONTENTS[name]
    codec = LanguageCodec(model)
    told: list[int] = []
    block = codec.encode(data, told.append)
    if block is None:
        assert len(data) < 500
        return
    assert sum(told) == len(data)
    assert block.num_lanes == num_lanes_for(len(data))
    assert codec.decode(block, ignore) == data


def test_lanes_are_a_function_of_the_length() -> None:
    assert [num_lanes_for(n) for n in (1, 32767, 32768, 1 << 18, 1 << 20, 1 << 26)] == [
        1,
        1,
        2,
        16,
        32,
        128,
    ]


@pytest.fixture
def short_lanes(monkeypatch: pytest.MonkeyPatch) -> None:
    """An encoder's lanes are shorter, so that several take a test no time."""
    monkeypatch.setattr(codec_module, "LANE_BYTES", 2000)
    monkeypatch.setattr(codec_module, "_TRIAL_BYTES", 1000)


@pytest.mark.usefixtures("short_lanes")
def test_bytes_come_back_from_lanes(model: LanguageModel) -> None:
    codec = LanguageCodec(model)
    told: list[int] = []
    block = codec.encode(LANES, told.append)
    assert block is not None
    assert sum(told) == len(LANES)
    assert block.num_lanes == 2
    assert codec.decode(block, ignore) == LANES


@pytest.mark.usefixtures("short_lanes")
def test_lanes_are_fewer_where_their_caches_would_take_too_much(
    model: LanguageModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = LANES
    whole = LanguageCodec(model).encode(data, ignore)
    assert whole is not None
    assert whole.num_lanes == 2
    limit = 2 * model.lane_cache_bytes - 1
    for module in (transformer_model, codec_module):
        monkeypatch.setattr(module, "MAX_CACHE_BYTES", limit)
    codec = LanguageCodec(model)
    block = codec.encode(data, ignore)
    assert block is not None
    assert block.num_lanes == 1
    assert codec.decode(block, ignore) == data
    with pytest.raises(UnsupportedError, match=r"2 lanes .* the limit of .* smaller --window"):
        codec.decode(whole, ignore)
    monkeypatch.setattr(codec_module, "MAX_LANE_BYTES", len(data) // 2)
    with pytest.raises(
        UsageError, match=r"the limit of .* give a smaller --window or --block-size"
    ):
        codec.encode(data, ignore)


def test_many_lanes_of_a_long_window_fit_the_limit(stored: StoredModel) -> None:
    small = TransformerModel.from_stored(stored).config
    config = replace(small, context=8192, num_layers=30, num_heads=9, num_key_heads=3)
    config = replace(config, head_width=64)
    for window, lanes in ((1024, 32), (8192, 21)):
        bytes_per_lane = config.cache_bytes_per_lane(window)
        assert num_lanes_for(1 << 20, MAX_CACHE_BYTES // bytes_per_lane) == lanes
        assert lanes * bytes_per_lane <= MAX_CACHE_BYTES


def test_damage_is_found_or_other_bytes(model: LanguageModel) -> None:
    codec, data = LanguageCodec(model), WORDS * 8
    block = codec.encode(data, ignore)
    assert block is not None
    rng = np.random.default_rng(3)
    refused = 0
    for _ in range(60):
        payload = bytearray(block.payload)
        payload[rng.integers(len(payload))] ^= 1 << int(rng.integers(8))
        kept = bytes(payload[: rng.integers(1, len(payload) + 1)])
        try:
            found = codec.decode(CodedBlock(kept, len(data), 1, block.variant), ignore)
        except FormatError:
            refused += 1
        else:
            assert found != data
    assert refused > 50


@pytest.mark.parametrize(("lanes", "variant"), [(0, 0), (33, 0), (129, 0), (1, 4)])
def test_blocks_of_another_codec_are_refused(
    model: LanguageModel, lanes: int, variant: int
) -> None:
    with pytest.raises(FormatError, match="lanes of a language model"):
        LanguageCodec(model).decode(CodedBlock(b"abc", 1000, lanes, variant), ignore)


def language_frame(file: Path, data: bytes) -> bytes:
    """Return a frame whose only block is coded by the language model, whatever it makes of it."""
    coder = BlockCoder.for_options(CompressOptions(model=str(file)))
    sink = io.BytesIO()
    writer = FrameWriter(sink, FrameHeader((coder.entry,)))
    writer.add(coder.encode(data, ignore), data)
    writer.close()
    return sink.getvalue()


def family(frame: bytes) -> int:
    return frame[3] >> 3


def test_frames_name_the_family_and_come_back(file: Path) -> None:
    for data in (WORDS * 60, WORDS.replace(b",", b"\r\n") * 60):
        frame = language_frame(file, data)
        assert family(frame) == FAMILY_LANGUAGE
        assert neurocomp.decompress(frame, model_path=file) == data


def test_huffman_codes_tokens(file: Path) -> None:
    data = WORDS * 60
    coder = BlockCoder.for_options(CompressOptions(model=str(file), coder="huffman"))
    assert coder.entry.family == FAMILY_TRANSFORMER
    assert not coder.is_language
    block = coder.encode(data, ignore)
    assert coder.decode(block, ignore) == data


@pytest.mark.parametrize("largest", [4000, 8000])
def test_what_the_model_does_not_know_is_coded_as_best_does(
    file: Path, monkeypatch: pytest.MonkeyPatch, largest: int
) -> None:
    monkeypatch.setattr(choice, "_WHOLE_BYTES", largest)
    data = (Path(__file__).parents[3] / "README.md").read_bytes()[:5000]
    frame = neurocomp.compress(data, model=str(file))
    assert family(frame) == FAMILY_BYTENET
    assert frame == neurocomp.compress(data, preset="best")


def test_what_the_network_learns_of_a_block_counts(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Samples may speak for the language model, and the whole block for the network."""
    monkeypatch.setattr(choice, "_WHOLE_BYTES", 4000)
    monkeypatch.setattr(choice, "_samples", lambda content: [])
    data = (Path(__file__).parents[3] / "README.md").read_bytes()[:5000]
    assert neurocomp.compress(data, model=str(file)) == neurocomp.compress(data, preset="best")


def test_longer_content_names_both_models(file: Path) -> None:
    data = (Path(__file__).parents[3] / "README.md").read_bytes()[:9000]
    frame = neurocomp.compress(data, model=str(file), block_bytes=4096)
    assert neurocomp.decompress(frame, model_path=file) == data
    assert frame[2] & HEADER_TABLE


@pytest.mark.parametrize("processor", ["baseline", "avx2"])
def test_every_processor_writes_the_same(model: LanguageModel, file: Path, processor: str) -> None:
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from neurocomp.models.language.codec import LanguageCodec\n"
        "from neurocomp.models.language import LanguageModel\n"
        "from neurocomp.store.stored import StoredModel\n"
        "model = LanguageModel.from_stored(StoredModel.load(Path(sys.argv[1])))\n"
        "data = sys.stdin.buffer.read()\n"
        "sys.stdout.buffer.write(LanguageCodec(model).encode(data, lambda _: None).payload)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, str(file)],
        input=CONTENTS["words"],
        env=os.environ | {"NEUROCOMP_CPU": processor},
        capture_output=True,
        check=True,
    )
    block = LanguageCodec(model).encode(CONTENTS["words"], ignore)
    assert block is not None
    assert result.stdout == block.payload
