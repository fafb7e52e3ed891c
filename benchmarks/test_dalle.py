"""Drawing an image of 256 codes, with a cache of keys and values and without."""

from __future__ import annotations

import json

import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture

from neurocomp.models.dalle import DalleModel
from neurocomp.models.dalle.convert import convert_prior
from neurocomp.models.dalle.prior import Prior, PriorConfig
from neurocomp.models.dalle.sampling import SamplingOptions, sample_grids
from neurocomp.symbols.bpe import byte_characters


@pytest.fixture(scope="module")
def model() -> DalleModel:
    """Return an untrained prior of 16 x 16 codes."""
    torch.manual_seed(0)
    config = PriorConfig(width=128, num_blocks=4)
    prior = Prior(config, config.shape(256, 16, 16, 512, bytes(32)))
    vocabulary = {character: byte for byte, character in enumerate(byte_characters())}
    tokenizer = json.dumps({"vocab": vocabulary, "merges": []}).encode()
    return DalleModel(convert_prior(prior, tokenizer))


@pytest.mark.parametrize("use_cache", [True, False], ids=["cache", "no-cache"])
def test_sampling(benchmark: BenchmarkFixture, model: DalleModel, use_cache: bool) -> None:
    options = SamplingOptions(seed=1)
    sample_grids(model, [""], options, use_cache=True)
    benchmark(sample_grids, model, ["a"], options, use_cache=use_cache)
