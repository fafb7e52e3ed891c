"""What is chosen for a dictionary."""

from __future__ import annotations

import random
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurocomp.errors import UsageError
from neurocomp.frame.constants import MAX_DICTIONARY_BYTES
from neurocomp.models.mix.codec import BitCodec
from neurocomp.registry.dictionary_content import cut_lines, select_content

COMMON = b"the heading that every one of these files has\n"


def sample(seed: int) -> bytes:
    rng = random.Random(seed)
    return rng.randbytes(400).hex().encode() + b"\n" + COMMON


def test_what_samples_share_is_chosen_once() -> None:
    content = select_content([sample(i) for i in range(100)], 100, segment_bytes=46)
    assert content.count(COMMON) == 1
    assert len(content) <= 100


def test_what_one_sample_repeats_is_not_shared() -> None:
    loud = b"only here, but very often indeed\n" * 200
    content = select_content([loud, *(sample(i) for i in range(50))], 64, segment_bytes=64)
    assert b"only here" not in content
    assert COMMON in content


def test_the_most_telling_segments_come_last() -> None:
    rng = random.Random(0)
    rare = b"a line that three of the samples have in common\n"
    samples = [rng.randbytes(200) + b"\n" + COMMON for _ in range(40)]
    samples += [rng.randbytes(200) + b"\n" + rare for _ in range(3)]
    content = select_content(samples, 500, segment_bytes=48)
    assert 0 <= content.find(rare) < content.find(COMMON)


def test_samples_that_fit_are_taken_whole() -> None:
    assert select_content([b"one", b"", b"two\r\n" * 4], 100) == b"one" + b"two\n" * 4


@given(
    st.lists(st.binary(max_size=300) | st.sampled_from([b"a" * 200, b"line\n" * 50]), min_size=1),
    st.integers(1, 600),
    st.integers(16, 200),
)
def test_size(samples: list[bytes], dictionary_bytes: int, segment_bytes: int) -> None:
    if not any(samples):
        samples = [b"x"]
    with suppress(UsageError):  # they may have nothing in common
        content = select_content(samples, dictionary_bytes, segment_bytes)
        assert 1 <= len(content) <= dictionary_bytes
        assert content == select_content(samples, dictionary_bytes, segment_bytes)


def test_mistakes() -> None:
    with pytest.raises(UsageError, match="the samples have 0 bytes"):
        select_content([b""], 100)
    with pytest.raises(UsageError, match=f"1 to {MAX_DICTIONARY_BYTES} bytes, not 0"):
        select_content([b"x"], 0)
    with pytest.raises(UsageError, match="at least 16 bytes"):
        select_content([b"x"], 100, segment_bytes=5)
    with pytest.raises(UsageError, match="nothing in common"):
        select_content([bytes(range(256)) * 40], 100)


@given(st.binary(), st.integers(1, 5))
def test_lines(data: bytes, num_lines: int) -> None:
    parts = cut_lines(data, num_lines)
    assert b"".join(parts) == data
    assert all(part.count(b"\n") == num_lines for part in parts[:-1])
    assert all(parts)
    assert not parts or parts[-1].count(b"\n") <= num_lines


def test_it_helps_files_that_it_has_not_seen() -> None:
    content = select_content([sample(i) for i in range(40)], 2000)
    data = sample(1000)
    with_it = BitCodec(content).encode(data, lambda _: None)
    without = BitCodec().encode(data, lambda _: None)
    assert with_it is not None
    assert without is not None
    assert len(with_it.payload) < len(without.payload) - len(COMMON) / 3
