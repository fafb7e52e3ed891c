"""What every entropy coder keeps to."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurocomp.coding.base import EntropyCoder
from neurocomp.coding.coders import CODERS
from neurocomp.errors import FormatError
from neurocomp.exact import TOTAL, quantise

from .binary_adaptor import BinaryAdaptor
from .streams import Stream, decode, encode, fixed_stream, random_stream, skewed_table

ALL_CODERS: dict[str, EntropyCoder] = {**CODERS, "binary": BinaryAdaptor()}

GOLDEN = {
    "arithmetic": (
        "42eb16ab9b13243118f798ef0df73add6e30abc6769194b8b9635e202edd525216cfe678e79d5844"
        "6da824e4f7b11ee20e8675549c4b7440c0d929a77c22bf4d40751cc7aa3634f15aaf90aa9628682d"
        "eb1e70c22e23991ff1d61b9edeeb4cdfef32a9"
    ),
    "huffman": (
        "95b7776ddf7bbfbbdfbfff7fffffd7fde4fe9ffef7e7ff77bff7fff73ffb3fff7ffdffff7fbbff7f"
        "fdfffeeff3ffffff7f7effff257faff7e7fffffffcfff7ffffffbffefffffff7fdf9fff9effafffd"
        "3fa0"
    ),
    "binary": (
        "bd13d88093de1404a3d528eb84a48a7372b88e51ccc70d057a1db57a0fbc4611fd2083900319e250"
        "efd47bbbe80d29f3c20af2eb3195e64d629e388b73605630912ea70713bc14db498b654b73e6822c"
        "4ea2ec7beb9a869b7432491501f4e1567a9a9b"
    ),
}
"""Payloads of ``fixed_stream()``: they change with the format only."""

every_coder = pytest.mark.parametrize("coder", ALL_CODERS.values(), ids=ALL_CODERS.keys())


def as_lists(stream: Stream) -> list[list[int]]:
    return [s.tolist() for s in stream.symbols]


@every_coder
@pytest.mark.parametrize("lanes", [1, 3, 16])
@pytest.mark.parametrize("size", [2, 3, 255, 256, 257, 50257, 60000])
def test_round_trip(coder: EntropyCoder, size: int, lanes: int) -> None:
    stream = random_stream(size, lanes, steps=50 if size < 1000 else 2)
    payload = encode(coder, stream)
    assert decode(coder, payload, stream.tables) == as_lists(stream)


@every_coder
def test_names_are_the_keys(coder: EntropyCoder) -> None:
    assert ALL_CODERS[coder.name] is coder


@every_coder
def test_nothing_is_nothing(coder: EntropyCoder) -> None:
    assert coder.encoder().finish() == b""
    coder.decoder(b"").finish()
    for garbage in (b"\0", b"\xff", bytes(8)):
        with pytest.raises(FormatError):
            coder.decoder(garbage).finish()


@every_coder
def test_alphabet_of_one_costs_nothing(coder: EntropyCoder) -> None:
    certain = np.full((5, 1), TOTAL, np.int32)
    alone = Stream([np.zeros(5, np.int32)], [certain])
    assert encode(coder, alone) == b""
    assert decode(coder, b"", [certain]) == [[0] * 5]
    with pytest.raises(FormatError):
        decode(coder, b"\0", [certain])
    stream = random_stream(7, 2, 10)
    mixed = Stream(
        [x for s in stream.symbols for x in (alone.symbols[0], s)],
        [x for t in stream.tables for x in (certain, t)],
    )
    assert encode(coder, mixed) == encode(coder, stream)
    assert decode(coder, encode(coder, mixed), mixed.tables) == as_lists(mixed)


@every_coder
def test_each_lone_symbol(coder: EntropyCoder) -> None:
    table = random_stream(300, 1, 1).tables[0]
    for symbol in range(300):
        payload = encode(coder, Stream([np.array([symbol], np.int32)], [table]))
        assert decode(coder, payload, [table]) == [[symbol]]


@every_coder
@pytest.mark.parametrize("size", [2, 3, 256, 50257])
def test_extreme_skew(coder: EntropyCoder, size: int) -> None:
    rng = np.random.default_rng(size)
    stream = Stream([], [])
    for step in range(60):
        likely = (0, size - 1, size // 2)[step % 3]
        others = (likely, 0, size - 1, int(rng.integers(size)))
        stream.symbols.append(np.array([others[step // 3 % 4]], np.int32))
        stream.tables.append(skewed_table(size, likely))
    assert decode(coder, encode(coder, stream), stream.tables) == as_lists(stream)


@every_coder
def test_certain_symbols_are_almost_free(coder: EntropyCoder) -> None:
    table = skewed_table(256, 7)
    stream = Stream([np.array([7], np.int32)] * 500, [table] * 500)
    # Huffman's whole bits are its price; the binary adaptor takes 8 decisions at 2**-16 a symbol.
    most = {"arithmetic": 1, "huffman": 63, "binary": 1}[coder.name]
    payload = encode(coder, stream)
    assert len(payload) <= most
    assert decode(coder, payload, stream.tables) == as_lists(stream)


@every_coder
@pytest.mark.parametrize("size", [2, 256, 50257])
def test_length_is_near_the_ideal(coder: EntropyCoder, size: int) -> None:
    stream = random_stream(size, 4, 1000 if size < 1000 else 20, shape=1.0)
    num_bits = 8 * len(encode(coder, stream))
    assert num_bits > stream.ideal_bits - 1
    if coder.name == "huffman":
        assert num_bits < stream.ideal_bits + stream.num_symbols
    elif coder.name == "arithmetic":
        assert num_bits < stream.ideal_bits * 1.0001 + 16
    else:
        assert num_bits < stream.ideal_bits * 1.001 + 16


@every_coder
@pytest.mark.parametrize(("size", "lanes", "steps"), [(2, 1, 120), (256, 3, 6), (3, 2, 40)])
def test_truncation_and_trailing_bytes_raise(
    coder: EntropyCoder, size: int, lanes: int, steps: int
) -> None:
    for seed in range(4):
        stream = random_stream(size, lanes, steps, seed=seed)
        payload = encode(coder, stream)
        damaged = [payload[:n] for n in range(len(payload))]
        damaged += [payload + bytes([b]) for b in (0, 1, 127, 128, 254, 255)]
        damaged += [payload + bytes(n) for n in (2, 3, 4, 8, 100)]
        for wrong in damaged:
            with pytest.raises(FormatError):
                decode(coder, wrong, stream.tables)


@every_coder
def test_no_two_payloads_mean_the_same(coder: EntropyCoder) -> None:
    stream = random_stream(12, 1, 40)
    payload = encode(coder, stream)
    for bit in range(8 * len(payload)):
        changed = bytearray(payload)
        changed[bit // 8] ^= 1 << bit % 8
        try:
            decoded = decode(coder, bytes(changed), stream.tables)
        except FormatError:
            continue
        assert decoded != as_lists(stream)


@every_coder
@given(payload=st.binary(max_size=6), seed=st.integers(0, 20), steps=st.integers(0, 25))
@settings(deadline=None, max_examples=300)
def test_what_decodes_is_what_is_encoded(
    coder: EntropyCoder, payload: bytes, seed: int, steps: int
) -> None:
    """Any bytes raise, or are the payload of what they decode to."""
    tables = random_stream(2 + seed, 1, steps, seed=seed).tables
    try:
        decoded = decode(coder, payload, tables)
    except FormatError:
        return
    assert encode(coder, Stream([np.array(s, np.int32) for s in decoded], tables)) == payload


@every_coder
def test_long_garbage_raises(coder: EntropyCoder) -> None:
    tables = random_stream(256, 3, 100).tables
    rng = np.random.default_rng(5)
    for garbage in (bytes(5000), b"\xff" * 5000, rng.bytes(5000), rng.bytes(30)):
        with pytest.raises(FormatError):
            decode(coder, garbage, tables)


@every_coder
@given(
    steps=st.lists(
        st.lists(st.integers(0, (1 << 38) - 1), min_size=1, max_size=40).filter(any), max_size=30
    ),
    choices=st.lists(st.integers(0, 1000), min_size=30, max_size=30),
)
@settings(deadline=None, max_examples=100)
def test_round_trip_of_any_weights(
    coder: EntropyCoder, steps: list[list[int]], choices: list[int]
) -> None:
    tables = [quantise(np.array([weights], np.int64)) for weights in steps]
    symbols = [np.array([c % t.size], np.int32) for c, t in zip(choices, tables, strict=False)]
    stream = Stream(symbols, tables)
    payload = encode(coder, stream)
    assert decode(coder, payload, tables) == as_lists(stream)


@every_coder
def test_golden(coder: EntropyCoder) -> None:
    stream = fixed_stream()
    payload = encode(coder, stream)
    assert payload.hex() == GOLDEN[coder.name]
    assert decode(coder, payload, stream.tables) == as_lists(stream)


@pytest.mark.parametrize("coder", CODERS.values(), ids=CODERS.keys())
@pytest.mark.parametrize("size", [1, 2, 256])
def test_symbols_outside_the_alphabet_are_refused(coder: EntropyCoder, size: int) -> None:
    table = skewed_table(size, 0)
    for symbols in ([size], [-1], [0, 0]):
        with pytest.raises(ValueError, match="symbol"):
            coder.encoder().encode(np.array(symbols, np.int32), table)
