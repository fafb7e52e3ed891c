"""Context mixing with the binary coder: every byte back, the same payload for ever."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurocomp import _core
from neurocomp.codec import CodedBlock
from neurocomp.errors import FormatError
from neurocomp.frame.constants import FAMILY_MIX, REVISIONS
from neurocomp.models.mix import BINARY, TEXT, choose_profile, primer
from neurocomp.models.mix.codec import PRIMED, BitCodec
from tests.conftest import make_text
from tests.golden.cases import noise, records


def ignore(num_symbols: int) -> None:
    pass


def encode(data: bytes, variant: int) -> CodedBlock:
    payload = BitCodec().encode_as(memoryview(data), variant, ignore)
    assert payload is not None
    return CodedBlock(payload, len(data), 1, variant)


def every_other(first: int, length: int) -> bytes:
    """Two melodies of ``length`` characters in turn: each follows from the last but one."""
    rng = np.random.default_rng(3)
    chosen = rng.permutation(64)
    after = rng.permutation(64)
    places = [0, 1]
    for _ in range(length):
        step = after[places[-2]] if rng.random() < 0.8 else rng.integers(64)
        places.append(int(step))
    return "".join(chr(first + int(chosen[place])) for place in places).encode()


CONTENTS = {
    "ideographs": every_other(0x4E00, 3000),
    "text": make_text(30_000),
    "zeros": bytes(20_000),
    "records": records(1500),
    "period": bytes(range(200)) * 80,
    "mixed": make_text(5000) + noise(3000) + records(200) + make_text(4000, 5),
    "one": b"x" * 12,
}


VARIANTS = range(PRIMED + 1)

PROSE = b"""The primer has taught the model what English looks like, so that it does not have to
learn from this paragraph which letters go together, and which words there are.
"""


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("name", sorted(CONTENTS))
def test_round_trip(name: str, variant: int) -> None:
    data = CONTENTS[name]
    assert BitCodec().decode(encode(data, variant), ignore) == data


def test_a_kept_model_is_as_a_new_one() -> None:
    """Small primed blocks copy a model; larger ones make theirs."""
    contents = [PROSE[:50], PROSE, PROSE[:51], make_text(40_000), PROSE]
    kept = [encode(data, PRIMED).payload for data in contents]
    again = []
    for data in contents:
        primer.cache_clear()
        again.append(encode(data, PRIMED).payload)
    assert kept == again


def test_whole_ideographs_are_contexts() -> None:
    """Characters of Thai have three bytes as well, but words of several of them."""
    chinese, thai = every_other(0x4E00, 3000), every_other(0xE00, 3000)
    assert len(chinese) == len(thai)
    sizes = [len(encode(data, TEXT).payload) for data in (chinese, thai)]
    assert sizes[0] < 0.6 * sizes[1]


def test_the_shorter_of_two_beginnings_is_taken() -> None:
    strange = bytes(33 + 7 * i * i % 90 for i in range(500)) * 4
    sizes = {}
    for data, expected in ((PROSE, PRIMED), (strange, TEXT), (records(300), BINARY)):
        block = BitCodec().encode(data, ignore)
        assert block is not None
        assert block.variant == expected
        sizes[expected] = len(block.payload)
    assert sizes[PRIMED] < 0.7 * len(encode(PROSE, TEXT).payload)
    assert sizes[TEXT] < len(encode(strange, PRIMED).payload)


@pytest.mark.parametrize("copies", [1, 200])
def test_the_beginning_of_a_long_block_decides(copies: int) -> None:
    data = PROSE * copies
    told: list[int] = []
    block = BitCodec().encode(data, told.append)
    assert block is not None
    assert block.variant == PRIMED
    assert sum(told) == len(data)
    assert block.payload == encode(data, PRIMED).payload


def test_a_dictionary_goes_behind_the_primer() -> None:
    codec = BitCodec(PROSE)
    block = codec.encode(PROSE, ignore)
    assert block is not None
    assert len(block.payload) < 0.2 * len(encode(PROSE, PRIMED).payload)
    assert codec.decode(block, ignore) == PROSE
    for variant in VARIANTS:
        payload = codec.encode_as(memoryview(PROSE), variant, ignore)
        assert payload is not None
        decoded = codec.decode(CodedBlock(payload, len(PROSE), 1, variant), ignore)
        assert decoded == PROSE


@settings(max_examples=60)
@given(st.binary(min_size=1, max_size=600))
def test_any_bytes_round_trip_or_are_refused(data: bytes) -> None:
    block = BitCodec().encode(data, ignore)
    if block is not None:
        assert len(block.payload) <= len(data)
        assert BitCodec().decode(block, ignore) == data


def test_noise_is_refused() -> None:
    assert BitCodec().encode(noise(50_000), ignore) is None


BEHAVIOUR = {1: "58002bee"}
"""By the revision of mix."""


def test_the_revision_is_what_the_model_does() -> None:
    """A change of any prediction changes the payloads, and must raise the revision.

    If you meant to change the model, raise that of mix and of bytenet in frame/constants.py, add
    the new value here and run `make constants golden`.
    """
    digest = hashlib.sha256()
    for variant in VARIANTS:
        for name in sorted(CONTENTS):
            digest.update(encode(CONTENTS[name], variant).payload)
    assert BEHAVIOUR[REVISIONS[FAMILY_MIX]] == digest.hexdigest()[:8]


def test_profiles() -> None:
    assert choose_profile(CONTENTS["text"]) == 0
    assert choose_profile("日本語のテキスト。".encode() * 50) == 0
    assert choose_profile(records(300)) == 1


@pytest.mark.parametrize("processor", _core.processors())
def test_every_processor_codes_the_same(processor: str) -> None:
    used = _core.processor()
    expected = {
        (name, variant): encode(CONTENTS[name][:5000], variant).payload
        for name in sorted(CONTENTS)
        for variant in VARIANTS
    }
    try:
        _core.use_processor(processor)
        assert _core.processor() == processor
        for (name, variant), payload in expected.items():
            data = CONTENTS[name][:5000]
            assert encode(data, variant).payload == payload
            block = CodedBlock(payload, len(data), 1, variant)
            assert BitCodec().decode(block, ignore) == data
    finally:
        _core.use_processor(used)


def run_with_processor(name: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from neurocomp import _core; print(_core.processor())"],
        env={**os.environ, "NEUROCOMP_CPU": name},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_processor_is_chosen_by_the_environment() -> None:
    for name in _core.processors():
        assert run_with_processor(name).stdout.strip() == name
    refused = run_with_processor("z80")
    assert refused.returncode != 0
    assert "NEUROCOMP_CPU" in refused.stderr
    assert "baseline" in refused.stderr
    with pytest.raises(ValueError, match="z80"):
        _core.use_processor("z80")


def test_progress_adds_up_and_stops_the_work() -> None:
    class Enough(Exception):
        pass

    def stop(num_symbols: int) -> None:
        raise Enough

    data = make_text(50_000)
    told: list[int] = []
    payload = BitCodec().encode_as(memoryview(data), TEXT, told.append)
    assert payload is not None
    assert (sum(told), len(told)) == (len(data), 4)
    block = CodedBlock(payload, len(data), 1, TEXT)
    told.clear()
    BitCodec().decode(block, told.append)
    assert sum(told) == len(data)
    with pytest.raises(Enough):
        BitCodec().decode(block, stop)
    with pytest.raises(Enough):
        BitCodec().encode_as(memoryview(data), TEXT, stop)


@pytest.mark.parametrize("change", [b"", b"\0", b"\1", b"\xff" * 9])
def test_bytes_too_many_or_too_few_are_an_error(change: bytes) -> None:
    block = BitCodec().encode(CONTENTS["text"], ignore)
    assert block is not None
    payload = block.payload + change if change else block.payload[:-1]
    with pytest.raises(FormatError):
        BitCodec().decode(CodedBlock(payload, block.num_symbols, 1, block.variant), ignore)


@pytest.mark.parametrize(("lanes", "variant"), [(2, 0), (1, PRIMED + 1)])
def test_what_no_encoder_writes_is_refused(lanes: int, variant: int) -> None:
    with pytest.raises(FormatError, match="1 lane"):
        BitCodec().decode(CodedBlock(b"", 10, lanes, variant), ignore)
