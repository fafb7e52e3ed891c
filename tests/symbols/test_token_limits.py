"""Token files that claim more than they hold, and the memory that honest ones take."""

from __future__ import annotations

import tracemalloc
import zlib

import numpy as np
import pytest

from neurocomp.errors import FormatError
from neurocomp.frame.constants import TOKEN_MAGIC
from neurocomp.models.dalle.token_files import TokenSet, read_tokens, write_tokens


def sealed(content: bytes) -> bytes:
    return content + zlib.crc32(content).to_bytes(4, "little")


def varint(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


@pytest.mark.parametrize(
    "body",
    [
        bytes([1]) + varint(1 << 28),  # captions
        bytes([2]) + varint(1 << 28) + varint(1024) + varint(1024) + varint(65536) + bytes(32),
        bytes([3]) + varint(1 << 20) + varint(1) + varint(1) + varint(2) + bytes(32),
        bytes([1]) + varint(1) + varint(1 << 27),
    ],
)
def test_counts_beyond_the_file_are_refused_at_no_cost(body: bytes) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(FormatError):
            read_tokens(sealed(TOKEN_MAGIC + body))
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("num_codes", [2, 3, 129, 65536])
def test_pieces_make_the_same_file(num_codes: int) -> None:
    generator = np.random.default_rng(5)
    grids = generator.integers(0, num_codes, (3, 301, 97)).astype(np.uint16)
    tokens = TokenSet((), grids, num_codes, bytes(range(32)))
    data = write_tokens(tokens)
    np.testing.assert_array_equal(read_tokens(data).grids, grids)
    bits = (num_codes - 1).bit_length()
    text = "".join(f"{code:0{bits}b}" for code in grids.reshape(-1).tolist())
    text += "0" * (-len(text) % 8)
    assert int(text, 2).to_bytes(len(text) // 8, "big") == data[-4 - len(text) // 8 : -4]


def test_unpacking_takes_little_more_than_the_codes() -> None:
    grids = np.zeros((1, 1024, 1024), np.uint16)
    data = write_tokens(TokenSet((), grids, 2, bytes(32)))
    tracemalloc.start()
    try:
        read_tokens(data)
        assert tracemalloc.get_traced_memory()[1] < 3 * grids.nbytes
    finally:
        tracemalloc.stop()
