"""Speed of models with their coders, both directions, on text made by the benchmark.

`make bench` prints medians; kernels are compiled before the clock starts.
"""

from __future__ import annotations

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

import neurocomp
from neurocomp.models.bytenet import NetworkModel
from neurocomp.models.ngram import NgramModel
from neurocomp.models.ngram.training import train_ngram
from tests.conftest import make_text

TEXT = make_text(20_000)
CASES = [
    ("mix", "arithmetic"),
    ("text-s", "arithmetic"),
    ("text-l", "arithmetic"),
    ("adaptive", "arithmetic"),
    ("adaptive", "huffman"),
]


@pytest.mark.parametrize(("model", "coder"), CASES)
def test_compress(benchmark: BenchmarkFixture, model: str, coder: str) -> None:
    neurocomp.compress(TEXT[:1000], model=model, coder=coder)
    frame = benchmark(neurocomp.compress, TEXT, model=model, coder=coder, threads=1)
    assert neurocomp.decompress(frame) == TEXT


@pytest.mark.parametrize(("model", "coder"), CASES)
def test_decompress(benchmark: BenchmarkFixture, model: str, coder: str) -> None:
    frame = neurocomp.compress(TEXT, model=model, coder=coder)
    assert benchmark(neurocomp.decompress, frame, threads=1) == TEXT


def test_start_of_a_small_block(benchmark: BenchmarkFixture) -> None:
    """What a block costs before its first byte: tables are made, nothing is coded."""
    frame = neurocomp.compress(b"a line\n")
    assert benchmark(neurocomp.compress, b"a line\n") == frame


@pytest.mark.parametrize("num_lanes", [1, 16])
def test_ngram_step(benchmark: BenchmarkFixture, num_lanes: int) -> None:
    text = np.frombuffer(TEXT, np.uint8)
    predictor = train_ngram([text], 256, order=6).predictor(num_lanes)
    column = np.full(num_lanes, ord("e"), np.int32)

    def step() -> None:
        predictor.frequencies()
        predictor.update(column)

    benchmark(step)


@pytest.mark.parametrize("num_lanes", [1, 2, 4, 8])
@pytest.mark.parametrize("name", ["text-s", "text-l"])
def test_a_thousand_network_steps(benchmark: BenchmarkFixture, name: str, num_lanes: int) -> None:
    """Steps of a packaged network alone, over so many lanes."""
    network = NetworkModel.shipped(name).core
    benchmark(network.weigh, np.full((num_lanes, 1000), ord("e"), np.uint8))


@pytest.mark.parametrize("order", [3, 6])
def test_ngram_training(benchmark: BenchmarkFixture, order: int) -> None:
    text = np.frombuffer(make_text(1_000_000), np.uint8)
    model: NgramModel = benchmark(train_ngram, [text], 256, order=order)
    assert model.order == order
