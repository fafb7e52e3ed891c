"""Token files: there and back, and what damage does."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurocomp.errors import FormatError, UnsupportedError, UsageError
from neurocomp.models.dalle.token_files import TokenSet, read_tokens, write_tokens

NO_GRIDS = np.zeros((0, 0, 0), np.uint16)
HASH = bytes(range(32))


@st.composite
def token_sets(draw: st.DrawFn) -> TokenSet:
    kind = draw(st.sampled_from(["both", "captions", "grids"]))
    count = draw(st.integers(1, 5))
    text = st.text(st.characters(codec="utf-8"), max_size=20)
    captions = tuple(draw(text) for _ in range(count)) if kind != "grids" else ()
    if kind == "captions":
        return TokenSet(captions, NO_GRIDS, 0)
    num_codes = draw(st.integers(2, 65_536))
    shape = (count, draw(st.integers(1, 4)), draw(st.integers(1, 4)))
    codes = st.lists(
        st.integers(0, num_codes - 1), min_size=int(np.prod(shape)), max_size=int(np.prod(shape))
    )
    grids = np.asarray(draw(codes), np.uint16).reshape(shape)
    return TokenSet(captions, grids, num_codes, draw(st.binary(min_size=32, max_size=32)))


def example() -> TokenSet:
    grids = np.arange(24, dtype=np.uint16).reshape(2, 3, 4)
    return TokenSet(("a red circle", "ein Würfel"), grids, 512, HASH)


@given(token_sets())
def test_there_and_back(tokens: TokenSet) -> None:
    data = write_tokens(tokens)
    again = read_tokens(data)
    assert again.captions == tokens.captions
    assert again.grids.dtype == np.uint16
    np.testing.assert_array_equal(again.grids, tokens.grids)
    assert (again.num_codes, again.autoencoder) == (tokens.num_codes, tokens.autoencoder)
    assert write_tokens(again) == data


def test_the_bytes_are_those_of_the_specification() -> None:
    tokens = TokenSet(("ab",), np.asarray([[[5, 2, 7]]], np.uint16), 8, HASH)
    content = b"\x9eNT\x03" + b"\x01" + b"\x01\x03\x08" + HASH + b"\x02ab" + b"\xab\x80"
    assert write_tokens(tokens)[:-4] == content  # 101 010 11|1 0000000


def test_a_code_takes_as_many_bits_as_it_needs() -> None:
    grids = np.zeros((100, 8, 8), np.uint16)
    sizes = [len(write_tokens(TokenSet((), grids, k, HASH))) for k in (128, 129)]
    assert sizes[1] - sizes[0] == 100 * 64 // 8
    assert 100 * 64 * 7 // 8 < sizes[0] <= 100 * 64 * 7 // 8 + 50


@pytest.mark.parametrize("size", range(0, 60, 7))
def test_a_file_cut_short(size: int) -> None:
    with pytest.raises(FormatError):
        read_tokens(write_tokens(example())[:size])


def test_every_flipped_bit_is_noticed() -> None:
    data = write_tokens(example())
    for position in range(len(data) * 8):
        damaged = bytearray(data)
        damaged[position // 8] ^= 1 << position % 8
        with pytest.raises(FormatError):
            read_tokens(bytes(damaged))


def test_bytes_behind_the_end() -> None:
    with pytest.raises(FormatError):
        read_tokens(write_tokens(example()) + b"\0")


def test_a_later_version_is_named() -> None:
    data = bytearray(write_tokens(example()))
    data[3] |= 0x10
    with pytest.raises(UnsupportedError, match="version 1 need a newer release"):
        read_tokens(bytes(data))


@given(st.binary(max_size=80))
def test_any_content_with_a_right_checksum_is_read_or_refused(content: bytes) -> None:
    import zlib

    data = b"\x9eNT" + content
    data += zlib.crc32(data).to_bytes(4, "little")
    try:
        tokens = read_tokens(data)
    except FormatError:
        return
    assert write_tokens(tokens) == data


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (((), NO_GRIDS, 0), "1 to"),
        ((("a",), NO_GRIDS, 7), "num_codes must be 0"),
        ((("a",), NO_GRIDS, 0, HASH), "no autoencoder"),
        ((("a",), np.zeros((2, 1, 1), np.uint16), 2, HASH), "a caption for each image"),
        (((), np.full((1, 1, 1), 2, np.uint16), 2, HASH), "codes are below 2"),
        (((), np.zeros((1, 1, 1), np.uint16), 1, HASH), "2 to 65536 codes"),
        (((), np.zeros((1, 1, 1), np.int64), 2, HASH), "uint16"),
        (((), np.zeros((1, 1, 1), np.uint16), 2, HASH[:-1]), "32 bytes"),
    ],
)
def test_what_does_not_go_together(values: tuple[object, ...], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        TokenSet(*values)  # type: ignore[arg-type]
