"""The costs of symbols are those of the payload that was written, for every family."""

from __future__ import annotations

import io
import math
from dataclasses import replace

import numpy as np
import pytest

from neurocomp import _core
from neurocomp.codec.contract import Codec, CodedBlock
from neurocomp.codec.trace import Asked
from neurocomp.errors import FormatError, UnsupportedError
from neurocomp.frame.block import Method
from neurocomp.frame.constants import (
    CODER_ARITHMETIC,
    CODER_BINARY,
    CODER_HUFFMAN,
    FAMILY_HF,
    FAMILY_NAMES,
)
from neurocomp.frame.reader import FrameBlock, read_frames
from neurocomp.models.adaptive import AdaptiveModel
from neurocomp.models.bytenet import NetworkModel
from neurocomp.models.bytenet.codec import NetworkCodec
from neurocomp.models.mix import TEXT
from neurocomp.models.mix.codec import BitCodec
from neurocomp.pipeline.options import DecompressOptions
from neurocomp.pipeline.tracing import trace_frames
from neurocomp.store.stored import StoredModel
from tests.conftest import make_text
from tests.golden.cases import FOLDER, NETWORK, SLOW, VALID

FRAMES = sorted(path.stem for path in VALID.glob("*.ncmp") if not path.stem.startswith("empty"))
QUICK = {
    *("text-mix-arithmetic", "records-mix-arithmetic", "text-mix-arithmetic-dictionary"),
    *("line-ends-text-s-arithmetic", "text-text-s-arithmetic-dictionary"),
    *("lanes-begin-alike-text-s-arithmetic", "text-network-arithmetic", "records-network-3-1"),
    *("long-text-network-2-4-dictionary", "text-language-arithmetic", "text-language-huffman"),
    *("every-byte-language-arithmetic", "long-text-adaptive-arithmetic-4096"),
    *("records-adaptive-huffman", "line-ends-bytes-arithmetic", "text-bytes-huffman"),
    *("tokens-tokens-arithmetic", "captions-prior-arithmetic", "images-prior-huffman"),
    *("few-tokens-neural-ngram-arithmetic", "few-tokens-recurrent-tokens-huffman"),
    *("few-tokens-transformer-arithmetic", "table-lanes", "table-dictionary"),
    *("mixed-bytes-arithmetic-4096-or-mix", "noise-text-s-arithmetic"),
}


def test_the_quick_frames_are_of_all_families_and_both_coders() -> None:
    assert set(FRAMES) >= QUICK
    entries = [
        event.header.models[event.block.model]
        for name in QUICK
        for event in read_frames(io.BytesIO((VALID / f"{name}.ncmp").read_bytes()))
        if isinstance(event, FrameBlock) and event.block.method is not Method.STORED
    ]
    assert {one.family for one in entries} == set(FAMILY_NAMES) - {FAMILY_HF}
    assert {one.coder_id for one in entries} == {CODER_ARITHMETIC, CODER_HUFFMAN, CODER_BINARY}


@pytest.mark.parametrize(
    "name", [one if one in QUICK else pytest.param(one, marks=pytest.mark.slow) for one in FRAMES]
)
def test_costs_sum_to_the_payload(name: str) -> None:
    if name in SLOW:
        pytest.skip("a block of a megabyte")
    data = (VALID / f"{name}.ncmp").read_bytes()
    options = DecompressOptions(1, (FOLDER / "models",))
    traced = trace_frames(io.BytesIO(data), options, Asked(50))
    assert traced.frame_bytes == len(data)
    for block in traced.blocks:
        trace = block.trace
        needed = math.ceil(float(trace.bits.sum()) / 8 - 1e-9)
        excess = block.payload_bytes - trace.framing_bytes - needed
        assert 0 <= excess <= trace.num_payloads, name
        assert trace.bits.size == trace.ids.size > 0
        assert (trace.bits >= 0).all()
        for bits in trace.opinions.values():
            assert bits.shape == trace.bits.shape
            assert (bits[~np.isnan(bits)] >= 0).all()
        if block.bounds is not None:
            assert (np.diff(block.bounds) >= 0).all()
            assert (block.bounds[0], block.bounds[-1]) == (0, len(block.content))


def ignore(num_symbols: int) -> None:
    pass


def coded(codec: Codec, data: bytes) -> tuple[CodedBlock, bytes]:
    block = codec.encode(data, ignore)
    assert block is not None
    return block, data


def coded_by_network(data: bytes) -> tuple[CodedBlock, bytes]:
    codec = NetworkCodec(NetworkModel(StoredModel.load(NETWORK)), None, 1)
    block = codec.encode_as(memoryview(data), 2, 1, ignore, len(data))
    assert block is not None
    return block, data


CODECS: dict[str, Codec] = {
    "mix": BitCodec(),
    "adaptive": AdaptiveModel().codec("arithmetic", None, 1),
    "adaptive by huffman": AdaptiveModel().codec("huffman", None, 1),
    "network": NetworkModel(StoredModel.load(NETWORK)).codec("arithmetic", None, 1),
}
every_codec = pytest.mark.parametrize("codec", CODECS.values(), ids=CODECS)


@every_codec
def test_asking_for_the_likeliest_changes_no_cost(codec: Codec) -> None:
    block, data = coded(codec, make_text(700))
    one = codec.trace(block, data, Asked(), ignore)
    other = codec.trace(block, data, Asked(300, 100), ignore)
    assert np.array_equal(one.bits, other.bits)
    assert (one.likely.symbols.shape, other.likely.symbols.shape) == ((0, 5), (300, 5))
    assert other.likely.first == 100


@every_codec
def test_the_likeliest_are_in_order_and_a_part_of_all(codec: Codec) -> None:
    block, data = coded(codec, make_text(3000))
    trace = codec.trace(block, data, Asked(len(data)), ignore)
    shares = trace.likely.probabilities
    assert (np.diff(shares, axis=1) <= 0).all()
    assert ((shares >= 0) & (shares <= 1)).all()
    assert (shares.sum(axis=1) <= 1 + 1e-6).all()
    is_own = trace.likely.symbols == trace.ids[:, None]
    assert (is_own.sum(axis=1) <= 1).all()
    assert is_own.any(axis=1).mean() > 0.7


def test_a_listed_symbol_costs_what_its_probability_says() -> None:
    codec = CODECS["adaptive"]
    block, data = coded(codec, make_text(2000))
    trace = codec.trace(block, data, Asked(len(data)), ignore)
    own = np.where(trace.likely.symbols == trace.ids[:, None], trace.likely.probabilities, 0).sum(1)
    listed = own > 0
    assert listed.any()
    assert np.allclose(trace.bits[listed], -np.log2(own[listed]), atol=0.01)


@pytest.mark.parametrize("name", ["mix", "network"])
def test_a_listed_byte_costs_nearly_what_its_probability_says(name: str) -> None:
    # The mixture learns between the bits of a byte.
    codec = CODECS[name]
    block, data = coded(codec, make_text(4000))
    trace = codec.trace(block, data, Asked(len(data)), ignore)
    own = np.where(trace.likely.symbols == trace.ids[:, None], trace.likely.probabilities, 0).sum(1)
    listed = own > 0
    assert abs(trace.bits[listed].sum() / -np.log2(own[listed]).sum() - 1) < 0.05
    assert np.median(np.abs(trace.bits[listed] + np.log2(own[listed]))) < 0.1


def test_the_likeliest_bytes_are_found_among_all() -> None:
    # A model that has learnt nothing gives each byte 1/256, so that any five will do.
    block, data = coded(BitCodec(), b"\xff" * 300)
    trace = BitCodec().trace(block, data, Asked(len(data)), ignore)
    assert trace.likely.symbols[-1, 0] == 0xFF
    assert trace.likely.probabilities[-1, 0] > 0.9
    assert len(set(trace.likely.symbols[-1].tolist())) == 5


def test_the_network_is_told_of_by_its_own_weights() -> None:
    model = NetworkModel(StoredModel.load(NETWORK))
    codec = model.codec("arithmetic", None, 1)
    block, data = coded_by_network(make_text(1500))
    symbols = np.frombuffer(data, np.uint8)
    weights = model.core.weigh(symbols[None], 1)[0].astype(np.float64)
    expected = -np.log2(weights[np.arange(symbols.size), symbols] / weights.sum(axis=1))
    trace = codec.trace(block, data, Asked(), ignore)
    assert np.allclose(trace.opinions["network"], expected)


def test_contexts_are_told_of_as_they_would_code_alone() -> None:
    codec = CODECS["network"]
    block, data = coded_by_network(make_text(1500))
    alone = _core.trace(np.frombuffer(data, np.uint8), 10_000, profile=TEXT)[1]
    trace = codec.trace(block, data, Asked(), ignore)
    assert np.allclose(trace.opinions["contexts"], -np.log2(alone / 65536).sum(axis=1))


def test_a_match_speaks_only_of_what_came_before() -> None:
    block, data = coded(BitCodec(), make_text(400) * 2)
    match = BitCodec().trace(block, data, Asked(), ignore).opinions["match"]
    assert np.isnan(match[:6]).all()
    assert not np.isnan(match[-300:]).any()
    assert match[-300:].mean() < 0.5


@every_codec
def test_content_that_is_not_known_is_decoded(codec: Codec) -> None:
    block, data = coded(codec, make_text(700))
    one = codec.trace(block, data, Asked(50, 20), ignore)
    other = codec.trace(block, None, Asked(50, 20), ignore)
    assert np.array_equal(one.ids, other.ids)
    assert one.symbol_map.decode(one.ids) == data
    assert np.array_equal(one.bits, other.bits)
    assert np.array_equal(one.likely.symbols, other.likely.symbols)


@every_codec
def test_a_block_of_another_payload_is_refused(codec: Codec) -> None:
    block, data = coded(codec, make_text(700))
    changed = replace(block, payload=block.payload[:-1] + bytes([block.payload[-1] ^ 1]))
    with pytest.raises(FormatError, match="codes the block in another way"):
        codec.trace(changed, data, Asked(), ignore)


def test_a_codec_need_not_be_able_to_tell() -> None:
    class Silent(Codec):
        def encode(self, content: object, tick: object) -> CodedBlock | None:
            return None

        def decode(self, block: CodedBlock, tick: object) -> bytes:
            return b""

    block, data = coded(BitCodec(), make_text(100))
    with pytest.raises(UnsupportedError, match="cannot report"):
        Silent().trace(block, data, Asked(), ignore)


def test_every_processor_notes_the_same() -> None:
    data = np.frombuffer(make_text(1500), np.uint8)
    core = NetworkModel(StoredModel.load(NETWORK)).core
    used = _core.processor()
    found = []
    try:
        for name in _core.processors():
            _core.use_processor(name)
            found.append(
                _core.trace(data, 2000, profile=TEXT, network=core, first_asked=0, last_asked=500)
            )
    finally:
        _core.use_processor(used)
    payload, *notes = found[0]
    for other_payload, *others in found[1:]:
        assert other_payload == payload
        for one, other in zip(notes, others, strict=True):
            assert isinstance(one, np.ndarray)
            assert isinstance(other, np.ndarray)
            assert np.array_equal(one, other)
