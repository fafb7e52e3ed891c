"""Arrays of integers come back as they were, in few bytes, or not at all."""

from __future__ import annotations

import zlib

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurocomp.coding.integers import MAX_MAGNITUDE, decode_integers, encode_integers
from neurocomp.errors import FormatError


@settings(deadline=None)
@given(
    hnp.arrays(
        np.int64,
        st.integers(1, 300),
        elements=st.one_of(
            st.integers(-3, 3), st.integers(-300, 300), st.integers(-(1 << 59), 1 << 59)
        ),
    ),
    st.sampled_from([(0,), (1,), (0, 1, 7), (299,)]),
)
def test_round_trip(values: np.ndarray, distances: tuple[int, ...]) -> None:
    distances = tuple(min(distance, values.size) for distance in distances)
    payload = encode_integers(values, distances)
    np.testing.assert_array_equal(decode_integers(payload, values.size), values)


def test_every_class_has_its_range() -> None:
    edges = [(1 << n) + d for n in range(2, 60) for d in (-1, 0, 1)]
    values = np.array([sign * edge for edge in edges for sign in (1, -1)], np.int64)
    np.testing.assert_array_equal(decode_integers(encode_integers(values), values.size), values)


def test_the_size_is_near_the_entropy() -> None:
    generator = np.random.default_rng(1)
    values = np.clip(np.round(generator.normal(0, 18, 50_000)), -64, 64).astype(np.int64)
    shares = np.unique(values, return_counts=True)[1] / values.size
    entropy_bytes = -(shares * np.log2(shares)).sum() * values.size / 8
    assert entropy_bytes <= len(encode_integers(values)) < 1.01 * entropy_bytes


def test_differences_are_coded_where_they_are_smaller() -> None:
    table = np.arange(4000, dtype=np.int64) ** 2 // 7
    assert len(encode_integers(table, (0, 1))) < len(encode_integers(table)) / 2
    rows = np.tile(np.random.default_rng(2).integers(-100, 100, 50), 40)
    assert len(encode_integers(rows, (0, 1, 50))) < len(encode_integers(rows)) / 3


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "uint32", "int64"])
def test_differences_wrap_around_in_the_type_of_the_integers(dtype: str) -> None:
    limits = np.iinfo(dtype)
    low, high = max(limits.min, -(1 << 58)), min(limits.max, 1 << 58)
    values = np.tile(np.array([low, high, high, low, 0], np.int64), 41)[:201]
    for distance in (0, 1, 3, 201):
        decoded = decode_integers(encode_integers(values, (distance,)), values.size, dtype)
        assert decoded.dtype == dtype
        np.testing.assert_array_equal(decoded, values.astype(dtype))


def test_one_value_costs_its_table_only() -> None:
    assert len(encode_integers(np.zeros(100_000, np.int64))) == 18


def test_too_large_integers_are_refused() -> None:
    with pytest.raises(ValueError, match="below"):
        encode_integers(np.array([MAX_MAGNITUDE], np.int64))


def sealed(content: bytes) -> bytes:
    return content + zlib.crc32(content).to_bytes(4, "little")


def test_damage_is_refused() -> None:
    values = np.random.default_rng(3).integers(-70, 70, 200)
    payload = encode_integers(values)
    for place in range(len(payload)):
        damaged = bytearray(payload)
        damaged[place] ^= 1 << place % 8
        with pytest.raises(FormatError, match="checksum"):
            decode_integers(bytes(damaged), values.size)
    for size in range(len(payload)):
        with pytest.raises(FormatError, match="damaged"):
            decode_integers(payload[:size], values.size)
    for size in range(len(payload) - 4):
        with pytest.raises(FormatError, match="damaged"):
            decode_integers(sealed(payload[:size]), values.size)


@pytest.mark.parametrize(
    ("place", "content", "reason"),
    [
        (0, b"\xff\xff\xff\xff", "far apart"),
        (4, b"\0\0", "cut short"),
        (8, b"\0\0", "form"),
        (8, b"\xff\xff", "too large"),
        (12, b"\0\0", "form"),
        (14, b"\xff\xff\xff\xff", "cut short"),
        (18, b"\xff" * 8, "no class|left over"),
        (30, b"x", "left over"),
    ],
)
def test_forged_content_is_refused(place: int, content: bytes, reason: str) -> None:
    values = np.arange(64, dtype=np.int64) % 2
    forged = bytearray(encode_integers(values)[:-4])
    assert len(forged) == 30
    forged[place : place + len(content)] = content
    with pytest.raises(FormatError, match=reason):
        decode_integers(sealed(bytes(forged)), values.size)
