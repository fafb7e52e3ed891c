"""Tiny trainings are fastest, and their sums always the same, in one thread."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from tests.training.runs import tiny_config, train, write_data


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def run_of_four(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with data, and a run of four steps with checkpoints of 2 and 4."""
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("four")
    train(tiny_config(4, checkpoint_every=2), write_data(folder / "data"), folder / "run")
    return folder


@pytest.fixture
def four(run_of_four: Path, tmp_path: Path) -> Path:
    """Return a copy of that run for one test; `write_data` has its data in ``four.parent/data``."""
    shutil.copytree(run_of_four, tmp_path, dirs_exist_ok=True)
    return tmp_path / "run"
