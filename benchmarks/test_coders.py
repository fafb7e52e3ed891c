"""Speed of the entropy coders: `pytest benchmarks/test_coders.py`.

Each result is checked by decoding it before it is timed.
"""

from __future__ import annotations

import constriction
import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from neurocomp.coding.base import EntropyCoder
from neurocomp.coding.bits import decode_bits, encode_bits
from neurocomp.coding.coders import CODERS
from neurocomp.coding.huffman import HuffmanCode
from neurocomp.exact import TOTAL, Frequencies, Symbols, quantise

NUM_BITS = 2_000_000

CASES = [(256, 1, 2000), (256, 16, 200), (50257, 1, 40), (50257, 16, 5)]
"""(alphabet size, lanes, steps)."""

every_case = pytest.mark.parametrize(
    ("size", "lanes", "steps"), CASES, ids=[f"V={v}-lanes={n}" for v, n, _ in CASES]
)
every_coder = pytest.mark.parametrize("coder", CODERS.values(), ids=CODERS.keys())


def make_steps(size: int, lanes: int, steps: int) -> list[tuple[Symbols, Frequencies]]:
    """Fresh tables at every step, so that no branch predictor learns them."""
    rng = np.random.default_rng(0)
    result = []
    for _ in range(steps):
        table = quantise((rng.gamma(0.3, 1 << 20, (lanes, size)) + 1).astype(np.int64))
        points = rng.integers(0, TOTAL, lanes)
        drawn = [
            np.searchsorted(np.cumsum(t), x, "right") for t, x in zip(table, points, strict=True)
        ]
        result.append((np.array(drawn, np.int32), table))
    return result


def encode_all(coder: EntropyCoder, steps: list[tuple[Symbols, Frequencies]]) -> bytes:
    encoder = coder.encoder()
    for symbols, table in steps:
        encoder.encode(symbols, table)
    return encoder.finish()


def decode_all(
    coder: EntropyCoder, payload: bytes, steps: list[tuple[Symbols, Frequencies]]
) -> list[Symbols]:
    decoder = coder.decoder(payload)
    symbols = [decoder.decode(table) for _, table in steps]
    decoder.finish()
    return symbols


def verified_payload(coder: EntropyCoder, steps: list[tuple[Symbols, Frequencies]]) -> bytes:
    payload = encode_all(coder, steps)
    decoded = decode_all(coder, payload, steps)
    assert all((a == b).all() for a, (b, _) in zip(decoded, steps, strict=True))
    return payload


def report_symbols(benchmark: BenchmarkFixture, num_symbols: int) -> None:
    if benchmark.stats is not None:
        benchmark.extra_info["symbols_per_second"] = num_symbols / benchmark.stats["median"]


@every_coder
@every_case
def test_encode(
    benchmark: BenchmarkFixture, coder: EntropyCoder, size: int, lanes: int, steps: int
) -> None:
    data = make_steps(size, lanes, steps)
    payload = verified_payload(coder, data)
    assert benchmark(encode_all, coder, data) == payload
    report_symbols(benchmark, lanes * steps)


@every_coder
@every_case
def test_decode(
    benchmark: BenchmarkFixture, coder: EntropyCoder, size: int, lanes: int, steps: int
) -> None:
    data = make_steps(size, lanes, steps)
    payload = verified_payload(coder, data)
    benchmark(decode_all, coder, payload, data)
    report_symbols(benchmark, lanes * steps)


@pytest.mark.parametrize("size", [256, 50257])
def test_huffman_table(benchmark: BenchmarkFixture, size: int) -> None:
    rows = [table[0] for _, table in make_steps(size, 1, 20)]

    def build() -> None:
        for row in rows:
            HuffmanCode(row)

    benchmark(build)
    report_symbols(benchmark, len(rows))


@pytest.mark.parametrize("size", [256, 50257])
def test_huffman_table_of_constriction(benchmark: BenchmarkFixture, size: int) -> None:
    rows = [table[0].astype(np.float64) for _, table in make_steps(size, 1, 20)]

    def build() -> None:
        for row in rows:
            constriction.symbol.huffman.EncoderHuffmanTree(row)

    benchmark(build)
    report_symbols(benchmark, len(rows))


@pytest.mark.parametrize("kind", ["uniform", "skewed"])
@pytest.mark.parametrize("direction", ["encode", "decode"])
def test_binary(benchmark: BenchmarkFixture, kind: str, direction: str) -> None:
    rng = np.random.default_rng(1)
    shape = 1.0 if kind == "uniform" else 0.05
    share = rng.beta(shape, shape, NUM_BITS) * 65536
    probabilities = np.clip(share, 1, 65535).astype(np.uint16)
    bits = (rng.integers(0, 65536, NUM_BITS) < probabilities).astype(np.uint8)
    payload = encode_bits(bits, probabilities)
    assert (decode_bits(payload, probabilities) == bits).all()
    if direction == "encode":
        benchmark(encode_bits, bits, probabilities)
    else:
        benchmark(decode_bits, payload, probabilities)
    report_symbols(benchmark, NUM_BITS)
