"""Tiny random transformers of the Llama graph, as language models."""

from __future__ import annotations

from pathlib import Path

import pytest

from neurocomp.models.hub.convert import convert_checkpoint
from neurocomp.models.language import LanguageModel
from neurocomp.store.stored import StoredModel
from tests.models.transformer.llamas import write_llama


@pytest.fixture(scope="session")
def stored(tmp_path_factory: pytest.TempPathFactory) -> StoredModel:
    return convert_checkpoint(write_llama(tmp_path_factory.mktemp("llama"), "tied"))


@pytest.fixture(scope="session")
def model(stored: StoredModel) -> LanguageModel:
    return LanguageModel.from_stored(stored)


@pytest.fixture(scope="session")
def file(stored: StoredModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "tiny.safetensors"
    stored.save(path)
    return path
