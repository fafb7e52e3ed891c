from __future__ import annotations

import itertools

import constriction
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from neurocomp.coding.coders import CODERS
from neurocomp.coding.huffman import MAX_CODE_LENGTH_BITS, HuffmanCode
from neurocomp.exact import TOTAL, quantise

from .streams import Stream, encode, random_stream, skewed_table


def lengths_of(frequencies: NDArray[np.int32]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    code = HuffmanCode(frequencies)
    return code.lengths, code.counts


def total_bits(frequencies: NDArray[np.int32], lengths: NDArray[np.uint8]) -> int:
    return int((frequencies.astype(np.int64) * lengths).sum())


def tables() -> list[NDArray[np.int32]]:
    rows = [
        random_stream(size, 1, 1, shape=shape, seed=size).tables[0][0]
        for size in (2, 3, 5, 255, 256, 4095, 4096, 50257)
        for shape in (0.02, 0.3, 10.0)
    ]
    rows += [skewed_table(size, size // 2)[0] for size in (2, 3, 256, 5000)]
    rows += [quantise(np.ones((1, size), np.int64))[0] for size in (2, 3, 256, 257, 60000)]
    return rows


def test_lengths_are_those_of_an_optimal_complete_code() -> None:
    for row in tables():
        lengths, counts = lengths_of(row)
        assert (np.bincount(lengths, minlength=MAX_CODE_LENGTH_BITS + 1) == counts).all()
        kraft = sum(int(n) << (MAX_CODE_LENGTH_BITS - k) for k, n in enumerate(counts))
        assert kraft == 1 << MAX_CODE_LENGTH_BITS
        entropy = -(row / TOTAL * np.log2(row / TOTAL)).sum()
        assert entropy - 1e-9 <= total_bits(row, lengths) / TOTAL < entropy + 1


def test_total_length_is_that_of_constrictions_tree() -> None:
    huffman = constriction.symbol.huffman
    for row in tables():
        if row.size > 5000:
            continue
        tree = huffman.EncoderHuffmanTree(row.astype(np.float64))
        theirs = 0
        for symbol, frequency in enumerate(row.tolist()):
            coder = constriction.symbol.QueueEncoder()
            coder.encode_symbol(symbol, tree)
            theirs += frequency * coder.get_compressed()[1]
        assert total_bits(row, lengths_of(row)[0]) == theirs


@given(st.lists(st.integers(1, 1 << 20), min_size=2, max_size=6))
@settings(deadline=None, max_examples=80)
def test_nothing_is_shorter(weights: list[int]) -> None:
    row = quantise(np.array([weights], np.int64))[0]
    size = row.size
    best = min(
        sum(f * n for f, n in zip(row.tolist(), lengths, strict=True))
        for lengths in itertools.product(range(1, size), repeat=size)
        if sum(1 << (size - n) for n in lengths) <= 1 << size
    )
    assert total_bits(row, lengths_of(row)[0]) == best


def test_rarer_symbols_and_lower_among_equals_have_the_longer_codes() -> None:
    for row in tables():
        lengths, _ = lengths_of(row)
        order = np.lexsort((np.arange(row.size), row))
        assert (np.diff(lengths[order].astype(int)) <= 0).all()


def test_equal_weights_prefer_the_flat_tree() -> None:
    # Leaves 1 1 1 1 2 2: merging the inner node before the leaf of equal weight gives depth 4.
    row = np.array([1, 1, 1, 1, 2, 2], np.int32) * (TOTAL // 8)
    assert sorted(lengths_of(row)[0]) == [2, 2, 3, 3, 3, 3]


def test_deepest_tree() -> None:
    fibonacci = [1, 1]
    while sum(fibonacci) + fibonacci[-1] + fibonacci[-2] <= TOTAL:
        fibonacci.append(fibonacci[-1] + fibonacci[-2])
    fibonacci[-1] += TOTAL - sum(fibonacci)
    row = np.array(fibonacci, np.int32)
    lengths, _ = lengths_of(row)
    assert lengths.max() == row.size - 1 == 33 < MAX_CODE_LENGTH_BITS
    stream = Stream([np.array([s], np.int32) for s in (0, 1, 2, row.size - 1)], [row[None]] * 4)
    assert len(encode(CODERS["huffman"], stream)) == -(-(3 * (row.size - 1)) // 8)


def test_codes_are_canonical() -> None:
    for row in tables():
        if row.size > 300:
            continue
        code = HuffmanCode(row)
        lengths = code.lengths
        expected, last = 0, 0
        for symbol in np.lexsort((np.arange(row.size), lengths)).tolist():
            length = int(lengths[symbol])
            expected <<= length - last
            assert code.code(symbol) == expected
            expected, last = expected + 1, length


def test_payload_is_the_codes_most_significant_bit_first() -> None:
    table = np.array([[1, 1, 2, 4]], np.int32) * (TOTAL // 8)
    stream = Stream([np.array([s], np.int32) for s in (3, 0, 2, 1, 3)], [table] * 5)
    # Lengths 3 3 2 1, so the codes are 110 111 10 0.
    assert encode(CODERS["huffman"], stream) == bytes([0b01101011, 0b10000000])


@pytest.mark.parametrize("lanes", [1, 3000])
def test_payloads_longer_than_the_encoders_chunks(lanes: int) -> None:
    halving = quantise(1 << np.arange(24, 0, -1, dtype=np.int64)[None])
    table = np.repeat(halving, lanes, axis=0)
    coder = CODERS["huffman"]
    rng = np.random.default_rng(2)
    symbols = rng.integers(18, 24, (30_000 // lanes, lanes)).astype(np.int32)
    encoder = coder.encoder()
    for row in symbols:
        encoder.encode(row, table)
    payload = encoder.finish()
    assert len(payload) > 1 << 16
    decoder = coder.decoder(payload)
    for row in symbols:
        assert (decoder.decode(table) == row).all()
    decoder.finish()


@pytest.mark.parametrize("wrong", ["a zero", "too much", "too little", "nothing"])
def test_what_is_no_table_is_refused(wrong: str) -> None:
    table = skewed_table(8, 3).copy()
    if wrong == "a zero":
        table[0, :2] = [0, table[0, 0] + table[0, 1]]
    elif wrong == "nothing":
        table = np.empty((1, 0), np.int32)
    else:
        table[0, 3] += 1 if wrong == "too much" else -1
    coder = CODERS["huffman"]
    with pytest.raises(ValueError, match=r"frequencies|symbols"):
        coder.encoder().encode(np.zeros(1, np.int32), table)
    with pytest.raises(ValueError, match=r"frequencies|symbols"):
        coder.decoder(bytes(8)).decode(table)
