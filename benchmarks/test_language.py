"""Steps of language models: so many lanes decoded, passes of an encoder, and whole round trips.

A tiny random transformer is always measured, SmolLM2 where it is installed (`models pull
smollm2`).  Lanes have read few positions, or as many as their window has.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from neurocomp.errors import NeurocompError
from neurocomp.exact import Symbols
from neurocomp.models.language import LanguageModel
from neurocomp.models.language.codec import LanguageCodec, steps_at_once
from neurocomp.registry.opening import as_mixed, open_model
from neurocomp.store.folder import ModelStore
from tests.conftest import make_text

FILLED = 1024
"""Positions of a full window."""


@pytest.fixture(scope="module", params=["tiny", "smollm2"])
def model(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> LanguageModel:
    if request.param == "smollm2":
        try:
            found = as_mixed(open_model("smollm2", ModelStore())).model
        except NeurocompError:
            pytest.skip("SmolLM2 is not installed")
        assert isinstance(found, LanguageModel)
        return found
    pytest.importorskip("transformers")
    from neurocomp.models.hub.convert import convert_checkpoint
    from tests.models.transformer.llamas import write_llama

    folder: Path = tmp_path_factory.mktemp("llama")
    return LanguageModel.from_stored(convert_checkpoint(write_llama(folder, "tied")))


def tokens(model: LanguageModel, num_lanes: int, num_steps: int) -> Symbols:
    drawn = np.random.default_rng(1).integers(0, model.num_tokens, (num_lanes, num_steps))
    return drawn.astype(np.int32)


@pytest.mark.parametrize("num_lanes", [1, 2, 4, 8, 16, 32])
@pytest.mark.parametrize("num_positions", [64, FILLED])
def test_a_step_of_decoding(
    benchmark: BenchmarkFixture, model: LanguageModel, num_lanes: int, num_positions: int
) -> None:
    lanes = model.lanes(num_lanes, steps_at_once(num_lanes))
    filling = tokens(model, num_lanes, num_positions)
    for _ in lanes.foresee(filling):
        pass

    def step() -> None:
        for start, logits in lanes.logits():
            lanes.update(start, filling[start : start + len(logits), 0])

    benchmark(step)


@pytest.mark.parametrize("num_steps", [64, 128])
def test_a_pass_of_encoding(
    benchmark: BenchmarkFixture, model: LanguageModel, num_steps: int
) -> None:
    lanes = model.lanes(1, num_steps)
    piece = tokens(model, 1, num_steps)

    def read() -> None:
        for _ in lanes.foresee(piece):
            pass

    benchmark(read)


def test_a_round_trip(benchmark: BenchmarkFixture, model: LanguageModel) -> None:
    data = make_text(1000)
    codec = LanguageCodec(model)

    def ignore(_: int) -> None:
        return

    def both_ways() -> bytes | None:
        block = codec.encode(data, ignore)
        return None if block is None else codec.decode(block, ignore)

    found = benchmark(both_ways)
    assert found is None or found == data
