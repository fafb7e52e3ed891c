"""How short payloads can be: no honest one is shorter, and the shortest ones come close."""

from __future__ import annotations

import numpy as np
import pytest

from neurocomp.coding.bits import encode_bits
from neurocomp.coding.bounds import BINARY, min_payload_bytes
from neurocomp.coding.coders import CODERS
from neurocomp.errors import UsageError
from neurocomp.exact import TOTAL

ROWS = 1 << 12


@pytest.mark.parametrize("bit", [0, 1])
def test_the_likeliest_bits(bit: int) -> None:
    for num_bytes in (1, 100, 5000, 200_000):
        bits = np.full(8 * num_bytes, bit, np.uint8)
        payload = encode_bits(bits, np.full(bits.size, 65535 if bit else 1, np.uint16))
        bound = min_payload_bytes(BINARY, num_bytes, 256)
        assert bound <= len(payload) <= bound + 3


@pytest.mark.parametrize("alphabet_size", [2, 256, 3000])
@pytest.mark.parametrize("likeliest", [0, 1])
def test_the_likeliest_symbols(alphabet_size: int, likeliest: int) -> None:
    frequencies = np.ones((ROWS, alphabet_size), np.int32)
    frequencies[:, likeliest] = TOTAL - alphabet_size + 1
    symbols = np.full(ROWS, likeliest, np.int32)
    encoder = CODERS["arithmetic"].encoder()
    num_symbols = 0
    for _ in range(12):
        encoder.encode(symbols, frequencies)
        num_symbols += ROWS
    payload = encoder.finish()
    bound = min_payload_bytes("arithmetic", num_symbols, alphabet_size)
    assert bound <= len(payload) <= bound + 6
    assert bound > 0 or alphabet_size < 256


def test_codes_have_a_bit_at_least() -> None:
    frequencies = np.ones((ROWS, 5), np.int32)
    frequencies[:, 3] = TOTAL - 4
    encoder = CODERS["huffman"].encoder()
    encoder.encode(np.full(ROWS, 3, np.int32), frequencies)
    assert len(encoder.finish()) == min_payload_bytes("huffman", ROWS, 5) == ROWS // 8


def test_what_costs_nothing() -> None:
    for coder in CODERS:
        assert min_payload_bytes(coder, 1 << 26, 1) == 0
    with pytest.raises(UsageError):
        min_payload_bytes("other", 1, 2)
