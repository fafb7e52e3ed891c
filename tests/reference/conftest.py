"""Models of the package, as the second decoder takes them."""

from __future__ import annotations

from pathlib import Path

import pytest

import neurocomp
from neurocomp.store.stored import StoredModel as PackagedModel
from tests.reference.bytenet import Network
from tests.reference.stored import StoredModel


def packaged(name: str) -> Path:
    """Return the file of a model of the package."""
    return next(Path(neurocomp.__file__).parent.glob(f"**/{name}.safetensors"))


def plain(model: PackagedModel, path: Path) -> Path:
    """Write ``model`` to ``path`` with its tensors as they are."""
    model.save(path, packed=False)
    return path


@pytest.fixture(scope="session")
def text_s_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    model = PackagedModel.load(packaged("text-s"))
    return plain(model, tmp_path_factory.mktemp("models") / "text-s.safetensors")


@pytest.fixture(scope="session")
def text_s(text_s_file: Path) -> Network:
    return Network(StoredModel(text_s_file.read_bytes()))
