"""One tiny checkpoint for all tests of the folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from neurocomp.models.hub.convert import convert_checkpoint
from neurocomp.store.stored import StoredModel
from tests.models.transformer.checkpoints import write_checkpoint


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_checkpoint(tmp_path_factory.mktemp("checkpoint"))


@pytest.fixture(scope="session")
def stored(checkpoint: Path) -> StoredModel:
    return convert_checkpoint(checkpoint)


@pytest.fixture
def model_file(stored: StoredModel, tmp_path: Path) -> Path:
    path = tmp_path / "tiny.safetensors"
    stored.save(path)
    return path
