"""constriction codes our integer tables, ours exactly, and our payload is its number."""

from __future__ import annotations

from typing import Any

import constriction
import numpy as np
import pytest

from neurocomp.coding.arithmetic import WORD_BITS, ending, follow, initial_registers
from neurocomp.coding.coders import CODERS
from neurocomp.exact import TOTAL, TOTAL_BITS, Frequencies, quantise

from .streams import Stream, encode, fixed_stream, random_stream, skewed_table

SCALE = (2**64 - 1) >> TOTAL_BITS
FAMILY = constriction.stream.model.Categorical(lazy=False, perfect=False)

SIZES = [2, 3, 4, 255, 256, 257, 4095, 50257, 60000]


def tables_of(size: int) -> list[Frequencies]:
    rng = np.random.default_rng(size)
    weights = [
        (rng.gamma(shape, 1 << 20, (1, size)) + 1).astype(np.int64) for shape in (0.01, 0.3, 30)
    ]
    weights.append(rng.integers(0, 1 << 38, (1, size)))
    weights.append(np.ones((1, size), np.int64))
    skewed = [skewed_table(size, likely) for likely in (0, size // 2, size - 1)]
    return [quantise(w) for w in weights] + skewed


def coded_interval(model: Any, *symbol_and_parameters: Any) -> tuple[int, int]:
    """Return the (cumulative frequency, frequency) that constriction codes a first symbol with."""
    symbols, *parameters = symbol_and_parameters
    encoder = constriction.stream.queue.RangeEncoder()
    encoder.encode(symbols, model, *parameters)
    num_words, (lower, width) = encoder.pos()
    shift = WORD_BITS * num_words
    assert num_words <= 1
    # What was shifted out of lower is below 2**32 of the first word: the sealed words keep it.
    if shift:
        lower = (int(encoder.get_compressed()[0]) << WORD_BITS) + (lower >> WORD_BITS)
        width >>= WORD_BITS
    return round(lower / SCALE), width // SCALE


@pytest.mark.parametrize("size", SIZES)
def test_its_table_is_our_table(size: int) -> None:
    for table in tables_of(size):
        row = table[0]
        below = np.cumsum(row, dtype=np.int64) - row
        for weights in (row.astype(np.float32) - np.float32(1), row.astype(np.float64) - 1):
            model = constriction.stream.model.Categorical(weights, lazy=False, perfect=False)
            step = max(1, size // 997)
            for symbol in {*range(0, size, step), 1, size - 1, int(row.argmax())}:
                expected = int(below[symbol]), int(row[symbol])
                assert coded_interval(model, symbol) == expected
            for symbol in {0, 1, size // 2, size - 1, int(row.argmax())}:
                expected = int(below[symbol]), int(row[symbol])
                at = np.array([symbol], np.int32)
                assert coded_interval(FAMILY, at, weights[None]) == expected


@pytest.mark.parametrize("size", SIZES)
def test_decoder_finds_each_symbol_at_both_ends_of_its_interval(size: int) -> None:
    for table in tables_of(size):
        row = table[0]
        sums = np.cumsum(row, dtype=np.int64)
        weights = row.astype(np.float32)[None] - np.float32(1)
        for symbol in {0, 1, size // 3, size - 1, int(row.argmax())}:
            for quantile in (int(sums[symbol] - row[symbol]), int(sums[symbol]) - 1):
                for number in (SCALE * quantile, SCALE * quantile + SCALE - 1):
                    words = np.array(divmod(number, 1 << WORD_BITS), np.uint32)
                    decoder = constriction.stream.queue.RangeDecoder(words)
                    assert decoder.decode(FAMILY, weights)[0] == symbol


def reference_payload(stream: Stream) -> bytes:
    """The range coder on unbounded integers: no words, no carries."""
    low, width, num_bits = 0, 2**64 - 1, 64
    for symbols, table in zip(stream.symbols, stream.tables, strict=True):
        for symbol, row in zip(symbols.tolist(), table, strict=True):
            scale = width >> TOTAL_BITS
            low += scale * int(row[:symbol].sum())
            width = scale * int(row[symbol])
            if width < 1 << 32:
                low, width, num_bits = low << 32, width << 32, num_bits + 32
    for size in range(num_bits // 8 + 1):
        unit = 1 << (num_bits - 8 * size)
        first = -(-low // unit) * unit
        if first + unit <= low + width or (low, width) == (0, 2**64 - 1):
            return (first // unit).to_bytes(size, "big")
    raise AssertionError("no ending found")


@pytest.mark.parametrize(("size", "lanes", "steps"), [(2, 1, 400), (256, 3, 100), (60000, 2, 3)])
def test_payload_is_the_reference_coders(size: int, lanes: int, steps: int) -> None:
    for seed in range(10):
        stream = random_stream(size, lanes, steps, seed=seed)
        assert encode(CODERS["arithmetic"], stream) == reference_payload(stream)
    assert encode(CODERS["arithmetic"], fixed_stream()) == reference_payload(fixed_stream())


def test_carries_through_many_words() -> None:
    """Stay around three eighths until both sides of it are 30 words long, then take either."""
    table = quantise(np.array([[3, 4, 5, 6]], np.int64))
    sums = np.cumsum(table[0], dtype=np.int64)
    followed: list[int] = []
    low, width, edge = 0, 2**64 - 1, 3 << 61
    for _ in range(500):
        scale = width >> TOTAL_BITS
        symbol = min(int(np.searchsorted(sums, (edge - low) // scale, "right")), 3)
        followed.append(symbol)
        low += scale * int(sums[symbol] - table[0, symbol])
        width = scale * int(table[0, symbol])
        if width < 1 << 32:
            low, width, edge = low << 32, width << 32, edge << 32
    payloads = []
    for last in range(4):
        for symbols in ([*followed, last], [*followed, last, 3, 3]):
            stream = Stream([np.array([s], np.int32) for s in symbols], [table] * len(symbols))
            payloads.append(encode(CODERS["arithmetic"], stream))
            assert payloads[-1] == reference_payload(stream)
    assert any(payload.startswith(b"\x60" + bytes(80)) for payload in payloads)
    assert any(payload.startswith(b"\x5f" + b"\xff" * 80) for payload in payloads)


def test_followed_registers_are_constrictions() -> None:
    stream = random_stream(257, 3, 200)
    registers = initial_registers()
    encoder = constriction.stream.queue.RangeEncoder()
    for symbols, table in zip(stream.symbols, stream.tables, strict=True):
        encoder.encode(symbols, FAMILY, table.astype(np.float64) - 1)
        num_words = follow(registers, symbols, table)
        assert encoder.pos() == (num_words, (int(registers[0]), int(registers[1])))


def test_ending_is_the_shortest() -> None:
    rng = np.random.default_rng(8)
    for _ in range(2000):
        lower = int(rng.integers(0, 2**64, dtype=np.uint64)) >> int(rng.integers(0, 64))
        width = (1 << 32) + (int(rng.integers(0, 2**63, dtype=np.uint64)) >> int(rng.integers(32)))
        distance, num_bytes = ending(lower, width)
        assert 1 <= num_bytes <= 5
        unit = 1 << (64 - 8 * num_bytes)
        assert (lower + distance) % unit == 0
        assert 0 <= distance <= width - unit
        longer = unit << 8
        assert -lower % longer + longer > width


def test_tables_keep_their_total() -> None:
    assert all(int(t.sum()) == TOTAL for size in SIZES for t in tables_of(size))
