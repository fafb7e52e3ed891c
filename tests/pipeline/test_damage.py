"""Random damage of a frame is an error: of its bytes, and of a payload after a sound checksum."""

from __future__ import annotations

import io
import random
from functools import cache

import pytest

import neurocomp
from neurocomp.errors import NeurocompError
from neurocomp.pipeline.streams import decompress_stream
from tests.conftest import make_text
from tests.fuzz import with_sound_checksum

CONTENT = make_text(2500, 7)
HEADER_BYTES = 24
CHECKSUM_BYTES = 4


@cache
def frame(preset: str) -> bytes:
    """Return the content as a frame of one modelled block."""
    made = neurocomp.compress(CONTENT, preset=preset, threads=1)
    assert 300 < len(made) < 1500
    assert neurocomp.decompress(made, threads=1) == CONTENT
    return made


def assert_refused(damaged: bytes) -> None:
    sink = io.BytesIO()
    with pytest.raises(NeurocompError):
        decompress_stream(io.BytesIO(damaged), sink)
    assert sink.getvalue() == b""


def flipped(data: bytes, bit: int) -> bytes:
    damaged = bytearray(data)
    damaged[bit // 8] ^= 1 << bit % 8
    return bytes(damaged)


def check_flips(preset: str, num_flips: int, num_hidden: int) -> None:
    """Flip bits of the frame; and bits of the payload, with a checksum that fits them."""
    rng = random.Random(preset)
    whole = frame(preset)
    for bit in rng.sample(range(8 * len(whole)), num_flips):
        assert_refused(flipped(whole, bit))
    inside = range(8 * HEADER_BYTES, 8 * (len(whole) - CHECKSUM_BYTES))
    for bit in rng.sample(inside, num_hidden):
        assert_refused(with_sound_checksum(flipped(whole, bit)))


@pytest.mark.parametrize("preset", ["fast", "default"])
def test_flipped_bits(preset: str) -> None:
    check_flips(preset, num_flips=60, num_hidden=12)


@pytest.mark.parametrize("preset", ["fast", "default"])
def test_truncation(preset: str) -> None:
    whole = frame(preset)
    for size in random.Random(preset).sample(range(len(whole)), 60):
        assert_refused(whole[:size])


@pytest.mark.slow
@pytest.mark.parametrize("preset", ["fast", "default"])
def test_many_flipped_bits_and_every_truncation(preset: str) -> None:
    whole = frame(preset)
    check_flips(preset, num_flips=8 * len(whole), num_hidden=400)
    for size in range(len(whole)):
        assert_refused(whole[:size])
