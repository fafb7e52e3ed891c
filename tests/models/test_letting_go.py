"""Large tensors of a model may be let go, and are read again when they are needed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurocomp.errors import ModelMismatchError
from neurocomp.models.transformer import TransformerModel
from neurocomp.store import memory
from neurocomp.store import stored as stored_module
from neurocomp.store.stored import StoredModel

TENSORS: dict[str, Any] = {
    "large": np.arange(100_000, dtype=np.int32),
    "small": np.arange(10, dtype=np.int16),
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "model.safetensors"
    StoredModel("a", {}, TENSORS).save(path)
    return path


def same(model: StoredModel) -> bool:
    return list(model.tensors) == list(TENSORS) and all(
        np.array_equal(model.tensors[name], tensor) for name, tensor in TENSORS.items()
    )


@pytest.mark.parametrize("is_large", [False, True])
def test_what_was_let_go_is_read_again(
    path: Path, is_large: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored_module, "_LARGE_BYTES", 1000 if is_large else 1 << 26)
    model = StoredModel.load(path)
    held = model.tensors["large"]
    model.let_go()
    assert model.tensors["small"].base is not None
    again = model.tensors["large"]
    assert again is not held
    assert not again.flags.writeable
    assert same(model)
    assert "none" not in model.tensors
    with pytest.raises(KeyError):
        model.tensors["none"]


def test_another_model_in_its_place_is_refused(path: Path) -> None:
    model = StoredModel.load(path)
    StoredModel("b", {}, TENSORS).save(path)
    assert same(model)
    model.let_go()
    with pytest.raises(ModelMismatchError, match="start again"):
        model.tensors["large"]
    path.unlink()
    with pytest.raises(FileNotFoundError):
        model.tensors["large"]


def test_a_model_of_no_file_keeps_what_it_has() -> None:
    model = StoredModel("a", {}, TENSORS)
    model.let_go()
    assert same(model)


def test_a_transformer_that_has_let_go_predicts_the_same(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "KEPT_BYTES", 16)
    pytest.importorskip("torch")
    from neurocomp.models.hub.convert import convert_checkpoint
    from tests.models.transformer.llamas import write_llama

    folder = path.parent / "llama"
    convert_checkpoint(write_llama(folder, "tied")).save(path)
    model = TransformerModel.from_stored(StoredModel.load(path))
    fresh = TransformerModel.from_stored(StoredModel.load(path))
    order = np.arange(model.alphabet_size, dtype=np.int32)[::-1].copy()
    compiled = model.compiled_in_order(order)
    assert model.compiled_in_order(order) is compiled
    for one in (model, model.with_window(20)):
        other = fresh if one is model else fresh.with_window(20)
        predictors = one.predictor(1), other.predictor(1)
        for symbol in (5, 9, 1):
            found, expected = (predictor.frequencies() for predictor in predictors)
            np.testing.assert_array_equal(found, expected)
            for predictor in predictors:
                predictor.update(np.array([symbol], np.int32))
