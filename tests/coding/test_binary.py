from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from neurocomp import _core
from neurocomp.coding.bits import decode_bits, encode_bits, max_payload_bytes
from neurocomp.errors import FormatError

EXTREMES = [1, 2, 255, 256, 32767, 32768, 32769, 65280, 65534, 65535]

probabilities = st.one_of(st.sampled_from(EXTREMES), st.integers(1, 65535))
decisions = st.lists(st.tuples(st.integers(0, 1), probabilities), max_size=400)


def as_arrays(pairs: list[tuple[int, int]]) -> tuple[NDArray[np.uint8], NDArray[np.uint16]]:
    array = np.array(pairs, np.uint16).reshape(-1, 2)
    return array[:, 0].astype(np.uint8), array[:, 1].copy()


def reference_payload(pairs: list[tuple[int, int]]) -> bytes:
    """The same coder on unbounded integers: no registers, no carries."""
    low, width, num_bits = 0, 1 << 48, 48
    for bit, p in pairs:
        ones = width * p >> 16
        low, width = (low, ones) if bit else (low + ones, width - ones)
        if width < 1 << 32:
            low, width, num_bits = low << 16, width << 16, num_bits + 16
    for size in range(num_bits // 8 + 1):
        unit = 1 << (num_bits - 8 * size)
        first = -(-low // unit) * unit
        if first + unit <= low + width:
            return (first // unit).to_bytes(size, "big")
    raise AssertionError("no ending found")


def ideal_bytes(bits: NDArray[np.uint8], ones: NDArray[np.uint16]) -> float:
    share = np.where(bits == 1, ones.astype(np.float64), 65536.0 - ones) / 65536
    return float(-np.log2(share).sum() / 8)


@given(pairs=decisions)
@settings(deadline=None, max_examples=200)
def test_payload_is_the_reference_coders(pairs: list[tuple[int, int]]) -> None:
    bits, ones = as_arrays(pairs)
    payload = encode_bits(bits, ones)
    assert payload == reference_payload(pairs)
    assert (decode_bits(payload, ones) == bits).all()
    assert len(payload) <= max_payload_bytes(len(pairs))


def test_carry_runs_through_many_bytes() -> None:
    # Follow the number 0x7fff... for 60 bytes, then take the upper end of what is left.
    coder = _core.BitDecoder(b"\x7f" + b"\xff" * 80)
    pairs = [(coder.decode(30000), 30000) for _ in range(500)]
    pairs += [(0, 65535)] * 3
    payload = encode_bits(*as_arrays(pairs))
    assert payload == reference_payload(pairs)
    assert payload.startswith(b"\x80" + bytes(50))
    assert decode_bits(payload, as_arrays(pairs)[1]).tolist() == [bit for bit, _ in pairs]


@pytest.mark.parametrize("p", EXTREMES)
def test_overhead_is_below_a_ten_thousandth(p: int) -> None:
    # Rare bits in their true share, spread by a low-discrepancy sequence.
    ones = np.full(3_000_000, p, np.uint16)
    bits = np.array((np.arange(ones.size) * ((math.sqrt(5) - 1) / 2)) % 1 < p / 65536, np.uint8)
    payload = encode_bits(bits, ones)
    ideal = ideal_bytes(bits, ones)
    assert ideal - 0.01 < len(payload) < ideal * 1.00001 + 1.2


def test_overhead_on_mixed_probabilities() -> None:
    rng = np.random.default_rng(3)
    ones = np.clip(rng.beta(0.1, 0.1, 2_000_000) * 65536, 1, 65535).astype(np.uint16)
    bits = (rng.integers(0, 65536, ones.size) < ones).astype(np.uint8)
    payload = encode_bits(bits, ones)
    assert len(payload) < ideal_bytes(bits, ones) * 1.00001 + 1.2
    assert (decode_bits(payload, ones) == bits).all()


def test_worst_case_fits_the_bound() -> None:
    for bit, p in ((1, 1), (0, 65535)):
        bits, ones = np.full(3000, bit, np.uint8), np.full(3000, p, np.uint16)
        payload = encode_bits(bits, ones)
        assert 5990 < len(payload) <= max_payload_bytes(3000)


@pytest.mark.parametrize("pairs", [[(1, 1)] * 20, [(0, 60000), (1, 40000)] * 60, [(0, 1)] * 9])
def test_a_small_buffer_is_refused_or_enough(pairs: list[tuple[int, int]]) -> None:
    """The core's own tests look at what lies behind it (core/tests)."""
    payload = reference_payload(pairs)
    for capacity in range(len(payload) + 4):
        found = _core.encode_bits(*as_arrays(pairs), capacity)
        assert found == (None if capacity < len(payload) else payload)


@pytest.mark.parametrize("num_kept", [0, 1, 20])
def test_overrun_is_seen_at_once(num_kept: int) -> None:
    rng = np.random.default_rng(6)
    ones = rng.integers(20000, 45000, 800).astype(np.uint16)
    bits = (rng.integers(0, 65536, 800) < ones).astype(np.uint8)
    payload = encode_bits(bits, ones)
    for data, fails in ((payload, False), (payload[:num_kept], True)):
        coder = _core.BitDecoder(data)
        used = 0.0
        for p in ones.tolist():
            share = p / 65536 if coder.decode(p) else 1 - p / 65536
            used -= math.log2(share) / 8
            if coder.is_spent():
                break
        assert coder.is_spent() is fails
        assert coder.finish() is not fails
        assert used < len(data) + 3


def test_arguments_are_checked() -> None:
    p = np.array([1, 2], np.uint16)
    with pytest.raises(ValueError, match="probabilities"):
        encode_bits(np.array([0], np.uint8), np.array([0], np.uint16))
    with pytest.raises(ValueError, match="probabilities"):
        decode_bits(b"", np.array([1], np.int64))
    with pytest.raises(ValueError, match="bits"):
        encode_bits(np.array([0, 2], np.uint8), p)
    with pytest.raises(ValueError, match="bits"):
        encode_bits(np.array([0], np.uint8), p)
    with pytest.raises(FormatError):
        decode_bits(b"abcdefgh", p)
