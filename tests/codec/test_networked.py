"""A network mixed with contexts: every byte back, the same payload for ever."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurocomp import _core
from neurocomp.codec import CodedBlock
from neurocomp.errors import FormatError
from neurocomp.frame.constants import FAMILY_BYTENET, REVISIONS
from neurocomp.models.bytenet import NetworkModel, sections
from neurocomp.models.bytenet import codec as networked
from neurocomp.models.bytenet import sections as samples
from neurocomp.models.bytenet.codec import NetworkCodec
from neurocomp.models.bytenet.conformance import sample
from neurocomp.models.bytenet.sections import MAX_TOGETHER, group, lane_starts, num_lanes_for
from neurocomp.models.mix import NUM_PROFILES
from neurocomp.models.mix.codec import BitCodec
from neurocomp.store.stored import StoredModel
from tests.codec.test_bitwise import CONTENTS, ignore
from tests.golden.cases import noise

PROSE = Path(__file__).parents[2] / "docs" / "format.md"


@cache
def model(section_lanes: int = 2) -> NetworkModel:
    return in_sections(sample(), section_lanes)


def in_sections(stored: StoredModel, section_lanes: int) -> NetworkModel:
    config = {**stored.config, "section_lanes": section_lanes}
    return NetworkModel(StoredModel(stored.architecture, config, stored.tensors))


def codec() -> NetworkCodec:
    return NetworkCodec(model())


def encode(data: bytes, variant: int, num_lanes: int) -> CodedBlock:
    block = codec().encode_as(memoryview(data), variant, num_lanes, ignore, len(data))
    assert block is not None
    return block


def encode_with_room(data: memoryview, num_lanes: int) -> CodedBlock:
    block = codec().encode_as(data, NUM_PROFILES, num_lanes, ignore, 2 * len(data) + 99)
    assert block is not None
    return block


@pytest.mark.parametrize("num_lanes", [1, 2, 4, 64])
@pytest.mark.parametrize("variant", range(2 * NUM_PROFILES))
def test_round_trip(variant: int, num_lanes: int) -> None:
    if variant < NUM_PROFILES:
        num_lanes = 1
    for name in sorted(set(CONTENTS) - {"one"}):
        data = CONTENTS[name][:7001]
        block = encode(data, variant, num_lanes)
        assert (block.variant, block.num_lanes) == (variant, num_lanes)
        assert codec().decode(block, ignore) == data, name


def test_without_the_network_it_is_context_mixing_alone() -> None:
    block = encode(CONTENTS["mixed"], 0, 1)
    assert BitCodec().decode(block, ignore) == CONTENTS["mixed"]


@settings(max_examples=30)
@given(st.binary(min_size=1, max_size=300))
def test_any_bytes_round_trip_or_are_refused(data: bytes) -> None:
    block = codec().encode(data, ignore)
    if block is not None:
        assert len(block.payload) <= len(data)
        assert codec().decode(block, ignore) == data


def test_noise_is_refused() -> None:
    assert codec().encode(noise(5_000), ignore) is None


@pytest.mark.parametrize("threads", [1, 2])
def test_a_useless_network_is_left_out(threads: int) -> None:
    """The sample is not trained: contexts alone code better, also where only samples are tried."""
    for num_bytes in (5000, 90_000):
        data = (CONTENTS["text"] * 4)[:num_bytes]
        block = NetworkCodec(model(), threads=threads).encode(data, ignore)
        assert block is not None
        assert block.variant < NUM_PROFILES
        assert codec().decode(block, ignore) == data


def test_a_dictionary_is_read_before_the_block() -> None:
    text = CONTENTS["text"]
    with_dictionary = NetworkCodec(model(), text[:4000])
    alone, helped = (
        one.encode_as(memoryview(text)[4000:9000], NUM_PROFILES, 2, ignore, 5000)
        for one in (codec(), with_dictionary)
    )
    assert alone is not None
    assert helped is not None
    assert len(helped.payload) < 0.85 * len(alone.payload)
    assert with_dictionary.decode(helped, ignore) == text[4000:9000]
    with pytest.raises(FormatError):
        codec().decode(helped, ignore)


@pytest.mark.parametrize("num_bytes", [1, 2, 3, 40])
def test_what_the_dictionary_foretells_takes_next_to_nothing(num_bytes: int) -> None:
    """Contexts alone need one byte, the fewest there are: no room is left to beat them in."""
    knowing = NetworkCodec(model(), b"a" * 6000)
    data = b"a" * num_bytes
    block = knowing.encode(data, ignore)
    assert block is not None
    assert (len(block.payload), block.variant) == (1, 0)
    assert knowing.decode(block, ignore) == data


def test_lanes() -> None:
    sizes = (1, 60_000, 999_999, 1_000_000, 1 << 23)
    assert [num_lanes_for(size, 2) for size in sizes] == [1, 1, 1, 4, 8]
    assert [num_lanes_for(size, 1) for size in sizes] == [1, 1, 1, 2, 4]
    assert lane_starts(10, 4) == [0, 3, 6, 8]
    assert lane_starts(2, 4) == [0, 1, 2, 2]


@pytest.mark.parametrize("num_bytes", [6, 7, 9001, 20_002])
def test_threads_change_nothing(num_bytes: int) -> None:
    """Three sections, whose sizes differ by as much as they can."""
    data = memoryview((CONTENTS["text"] * 4)[:num_bytes])
    for threads in (1, 2, 5):
        one = NetworkCodec(model(), threads=threads)
        block = one.encode_as(data, NUM_PROFILES, 6, ignore, 2 * num_bytes + 99)
        assert block is not None
        assert block.payload == encode_with_room(data, 6).payload
        assert one.decode(block, ignore) == data


@pytest.mark.parametrize(("threads", "section_lanes"), [(2, 2), (3, 2), (2, 1)])
def test_blocks_of_sections_are_the_same_on_any_threads(
    threads: int, section_lanes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of `encode`: contexts alone, samples and sections, more tasks than threads."""
    monkeypatch.setattr(sections, "MIN_SECTION_BYTES", 2000)
    monkeypatch.setattr(networked, "_WHOLE_BYTES", 5000)
    monkeypatch.setattr(samples, "SAMPLE_BYTES", 1500)
    data = memoryview(PROSE.read_bytes()[:9001])
    shipped = in_sections(NetworkModel.shipped("text-s").stored, section_lanes)
    alone = NetworkCodec(shipped).encode(data, ignore)
    assert alone is not None
    assert (alone.num_lanes, alone.variant) == (4 * section_lanes, NUM_PROFILES)
    many = NetworkCodec(shipped, threads=threads)
    assert many.encode(data, ignore) == alone
    assert many.decode(alone, ignore) == data


@pytest.mark.parametrize("share", [samples.CLEAR_GAIN, 1])
def test_where_samples_are_clear_contexts_alone_are_not_tried(
    share: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sixteenth of the bytes is saved in prose, all of them nowhere."""
    monkeypatch.setattr(networked, "_WHOLE_BYTES", 5000)
    monkeypatch.setattr(samples, "SAMPLE_BYTES", 1500)
    monkeypatch.setattr(samples, "CLEAR_GAIN", share)
    data = memoryview(PROSE.read_bytes()[:9001])
    codec = NetworkCodec(NetworkModel.shipped("text-s"))
    tried, code = [], codec._code

    def watched(data: memoryview, variant: int, *rest: Any) -> bytes | None:
        tried.append((len(data), variant))
        return code(data, variant, *rest)

    monkeypatch.setattr(codec, "_code", watched)
    block = codec.encode(data, ignore)
    assert block is not None
    assert block.variant == NUM_PROFILES
    assert ((len(data), 0) in tried) == (share == 1)
    assert codec.decode(block, ignore) == data


def test_gains_of_samples() -> None:
    half = samples.SAMPLE_BYTES // samples.CLEAR_GAIN
    cases = {
        ((4000, 4000 - half), (4000, 2000)): (True, True),
        ((4000, 4001 - half), (4000, 2000)): (True, False),
        ((1000, 990), (1000, 990)): (False, False),
        ((1000, 990), (1000, 989)): (True, False),
    }
    for sizes, (pay, clear) in cases.items():
        found = samples.Samples(list(sizes))
        assert (found.pay, found.are_clear) == (pay, clear)
    assert not samples.Samples([]).are_clear


@pytest.mark.parametrize(("num_bytes", "count"), [(65_537, 2), (1 << 20, 2), (1 << 21, 4)])
def test_samples_are_spread_over_the_block(num_bytes: int, count: int) -> None:
    parts = samples.cut_samples(
        memoryview(np.arange(num_bytes, dtype=np.uint32).tobytes()).cast("I")
    )
    assert {len(part) for part in parts} == {samples.SAMPLE_BYTES}
    assert len(parts) == count
    starts = [int(part[0]) for part in parts]
    assert np.diff(starts).min() > num_bytes // (2 * count)


def test_work_is_stopped_in_every_thread() -> None:
    class Stopped(Exception):
        pass

    def stop(num_symbols: int) -> None:
        raise Stopped

    for threads in (1, 3):
        with pytest.raises(Stopped):
            NetworkCodec(model(), threads=threads).encode(CONTENTS["text"], stop)


def test_sections_know_nothing_of_each_other() -> None:
    data = memoryview(CONTENTS["text"][:6000])
    alone = [encode_with_room(data[first : first + 3000], 2).payload for first in (0, 3000)]
    size = len(alone[0]).to_bytes(4, "little")
    assert encode_with_room(data, 4).payload == size + alone[0] + alone[1]


def test_sections_of_one_lane() -> None:
    data = memoryview(CONTENTS["text"][:6000])
    alone = [encode_with_room(data[first : first + 2000], 1).payload for first in (0, 2000, 4000)]
    sizes = b"".join(len(one).to_bytes(4, "little") for one in alone[:2])
    narrow = NetworkCodec(model(section_lanes=1), threads=2)
    block = narrow.encode_as(data, NUM_PROFILES, 3, ignore, 6000)
    assert block is not None
    assert block.payload == sizes + b"".join(alone)
    assert narrow.decode(block, ignore) == data
    with pytest.raises(FormatError, match="3 lanes"):
        codec().decode(block, ignore)


def test_an_error_in_a_section_is_raised_and_stops_the_others() -> None:
    block = encode_with_room(memoryview(CONTENTS["text"][:6000]), 6)
    first = int.from_bytes(block.payload[:4], "little")
    shorter = (first - 1).to_bytes(4, "little") + block.payload[4:]
    for payload in (shorter, b"\xff" * 4 + block.payload[4:], block.payload[:7], b""):
        changed = CodedBlock(payload, 6000, 6, NUM_PROFILES)
        with pytest.raises(FormatError):
            NetworkCodec(model(), threads=3).decode(changed, ignore)


def test_a_payload_that_ends_too_early_stops_the_sections_beside_it() -> None:
    block = encode_with_room(memoryview(CONTENTS["text"][:6000]), 6)
    first = int.from_bytes(block.payload[:4], "little")
    second = int.from_bytes(block.payload[4:8], "little")
    cut = block.payload[:4] + (20).to_bytes(4, "little") + block.payload[8 : 8 + first + 20]
    changed = CodedBlock(cut + block.payload[8 + first + second :], 6000, 6, NUM_PROFILES)
    done: list[int] = []
    with pytest.raises(FormatError, match="ends before the block does"):
        codec().decode(changed, done.append)
    assert sum(done) < 1000


@pytest.mark.parametrize("num_sections", [1, 2, 3, 4, 5, 9, 16, 64])
@pytest.mark.parametrize("threads", [1, 2, 3, 16])
def test_few_sections_have_their_tables_at_once(num_sections: int, threads: int) -> None:
    sections = [bytes([number]) for number in range(num_sections)]
    groups = group(sections, threads)
    assert [one for group in groups for one in group] == sections
    assert len(groups) >= min(num_sections, threads)
    sizes = {len(group) for group in groups}
    assert max(sizes) <= MAX_TOGETHER
    assert max(sizes) - min(sizes) <= 1


def begin_alike() -> bytes:
    """Return bytes whose two halves begin with the same zeros and then differ."""
    text = CONTENTS["text"]
    return bytes(12) + text[:1588] + bytes(12) + text[2000:3588]


@pytest.mark.parametrize("data", [begin_alike(), bytes(3000), b"\0a" * 1500])
def test_lanes_that_begin_alike(data: bytes) -> None:
    """They are compared back to the block's first byte, and no further."""
    block = encode(data, NUM_PROFILES, 2)
    assert codec().decode(block, ignore) == data


@pytest.mark.parametrize("processor", _core.processors())
@pytest.mark.parametrize("num_lanes", [1, 2, 6])
def test_every_processor_codes_the_same(processor: str, num_lanes: int) -> None:
    """Encoders weigh positions ahead, decoders step: on each kind both must see the same."""
    data = memoryview(CONTENTS["mixed"][4000:6500])
    expected = encode_with_room(data, num_lanes)
    used = _core.processor()
    try:
        _core.use_processor(processor)
        assert encode_with_room(data, num_lanes) == expected
        assert codec().decode(expected, ignore) == data
    finally:
        _core.use_processor(used)


BEHAVIOUR = {1: "7af2cdd3"}
"""By the revision of bytenet."""


def test_the_revision_is_what_the_mixture_does() -> None:
    """A change of any prediction changes the payloads, and must raise the revision.

    If you meant to change the mixture, raise that of bytenet in frame/constants.py, add the new
    value here and run `make constants golden`.
    """
    digest = hashlib.sha256()
    for variant in range(NUM_PROFILES, 2 * NUM_PROFILES):
        for num_lanes in (1, 4):
            for name in ("mixed", "records"):
                digest.update(encode(CONTENTS[name], variant, num_lanes).payload)
        digest.update(encode(begin_alike(), variant, 2).payload)
    assert BEHAVIOUR[REVISIONS[FAMILY_BYTENET]] == digest.hexdigest()[:8]


@pytest.mark.parametrize("change", [b"", b"\0", b"\xff" * 9])
def test_bytes_too_many_or_too_few_are_an_error(change: bytes) -> None:
    block = encode(CONTENTS["text"][:3000], NUM_PROFILES, 2)
    payload = block.payload + change if change else block.payload[:-1]
    with pytest.raises(FormatError):
        codec().decode(CodedBlock(payload, 3000, 2, NUM_PROFILES), ignore)


@pytest.mark.parametrize(("lanes", "variant"), [(2, 0), (3, 2), (66, 2), (0, 2), (1, 4)])
def test_what_no_encoder_writes_is_refused(lanes: int, variant: int) -> None:
    with pytest.raises(FormatError, match="lanes"):
        codec().decode(CodedBlock(b"", 100, lanes, variant), ignore)
