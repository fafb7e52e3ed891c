"""One tiny prior for all tests of the folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from neurocomp.models.dalle import DalleModel
from neurocomp.models.dalle.conformance import prior_sample
from neurocomp.models.dalle.training.train_prior import PRIOR_NAME, PriorTraining
from neurocomp.store.stored import StoredModel
from neurocomp.training.record import RunPlace
from neurocomp.training.run import run_training
from tests.models.dalle.blocks import blocks, tiny_config


@pytest.fixture(scope="session")
def prior_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a run of seconds."""
    folder = tmp_path_factory.mktemp("prior") / "run"
    place = RunPlace(folder, device="cpu")
    training = PriorTraining(tiny_config(precision="float32"), blocks(600), blocks(100, 1))
    run_training(training, place, lambda _: None)
    return folder


@pytest.fixture(scope="session")
def model(prior_run: Path) -> DalleModel:
    """Return the exact form of that prior."""
    return DalleModel(StoredModel.load(prior_run / PRIOR_NAME))


@pytest.fixture(scope="session")
def sample_model() -> DalleModel:
    """Return the prior of integer code, which is the same everywhere."""
    return DalleModel(prior_sample())
