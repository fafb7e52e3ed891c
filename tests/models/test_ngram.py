"""The n-gram model as stored integers: lookups, limits, and hostile files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurocomp.errors import FormatError, UnsupportedError
from neurocomp.exact import TOTAL
from neurocomp.models.ngram import NgramModel
from neurocomp.models.ngram.training import train_ngram
from neurocomp.store.stored import StoredModel
from tests.models.texts import words


def table_after(model: NgramModel, context: list[int]) -> Any:
    predictor = model.predictor(1)
    for symbol in context:
        predictor.update(np.asarray([symbol], np.int32))
    return predictor.frequencies()[0]


@pytest.mark.parametrize("smoothing", ["kneser-ney", "katz"])
def test_stored_and_loaded_models_predict_alike(tmp_path: Path, smoothing: str) -> None:
    model = train_ngram(words(3000, 256, 1), 256, 4, smoothing)
    model.to_stored().save(tmp_path / "model")
    loaded = NgramModel.from_stored(StoredModel.load(tmp_path / "model"))
    assert loaded.identity == model.identity == model.to_stored().sha256
    for length in range(8):
        context = [int(symbol) for symbol in words(8, 256, 2)[:length]]
        np.testing.assert_array_equal(table_after(loaded, context), table_after(model, context))


def test_an_unseen_symbol_still_has_a_table() -> None:
    model = train_ngram(np.asarray([1, 2, 1, 2, 3]), 60_000, 3)
    table = table_after(model, [59_999, 5])
    assert table.sum() == TOTAL
    assert table.shape == (60_000,)
    assert table[4] == table[59_999] >= 1


def test_another_architecture_is_refused() -> None:
    stored = train_ngram(words(500, 16, 1), 16, 2).to_stored()
    with pytest.raises(FormatError, match="not an n-gram model"):
        NgramModel.from_stored(StoredModel("gpt2", stored.config, stored.tensors))


@pytest.mark.parametrize(
    "config",
    [
        {"order": 0},
        {"order": 7},
        {"order": "2"},
        {"order": True},
        {"order": 1},
        {"order": 3},
        {"alphabet_size": 0},
        {"alphabet_size": 60_001},
        {"alphabet_size": None},
        {"alphabet_size": 15},
        {"alphabet_size": 17},
    ],
)
def test_bad_configurations_are_refused(config: dict[str, Any]) -> None:
    stored = train_ngram(words(500, 16, 1), 16, 2).to_stored()
    with pytest.raises(FormatError):
        NgramModel.from_stored(StoredModel("ngram", {**stored.config, **config}, stored.tensors))


def test_an_unknown_smoothing_is_named() -> None:
    stored = train_ngram(words(500, 16, 1), 16, 2).to_stored()
    with pytest.raises(UnsupportedError, match="'witten-bell'"):
        NgramModel.from_stored(
            StoredModel("ngram", {**stored.config, "smoothing": "witten-bell"}, stored.tensors)
        )


BYTES = {
    smoothing: train_ngram(words(800, 16, 1), 16, 3, smoothing).to_stored()
    for smoothing in ("kneser-ney", "katz")
}


@pytest.mark.parametrize("smoothing", sorted(BYTES))
def test_every_tensor_is_needed(smoothing: str) -> None:
    stored = BYTES[smoothing]
    for name in stored.tensors:
        tensors = {one: tensor for one, tensor in stored.tensors.items() if one != name}
        with pytest.raises(FormatError, match="n-gram model"):
            NgramModel.from_stored(StoredModel("ngram", stored.config, tensors))
        for changed in (
            stored.tensors[name][:-1],
            stored.tensors[name].astype(np.int64),
            stored.tensors[name][None],
        ):
            hostile = {**stored.tensors, name: changed}
            with pytest.raises(FormatError, match="n-gram model"):
                NgramModel.from_stored(StoredModel("ngram", stored.config, hostile))


@settings(max_examples=300)
@given(st.data())
def test_hostile_tensors_are_refused_or_harmless(data: st.DataObject) -> None:
    stored = BYTES[data.draw(st.sampled_from(sorted(BYTES)))]
    name = data.draw(st.sampled_from(sorted(stored.tensors)))
    tensor = stored.tensors[name].copy()
    limits = np.iinfo(tensor.dtype)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, tensor.size - 1))
        change = data.draw(st.sampled_from([-1, 1, 100, limits.max, limits.min]))
        tensor.flat[place] = (int(tensor.flat[place]) + change) & limits.max
    try:
        model = NgramModel.from_stored(
            StoredModel("ngram", stored.config, {**stored.tensors, name: tensor})
        )
    except FormatError:
        return
    predictor = model.predictor(2)
    for step in words(100, 16, 3).reshape(-1, 2):
        table = predictor.frequencies()
        assert (table.sum(axis=1) == TOTAL).all()
        assert table.min() >= 1
        predictor.update(step)


def test_a_trie_that_points_back_is_refused() -> None:
    tensors = {
        "symbols": np.asarray([0, 1], np.uint8),
        "child_counts": np.asarray([0, 1], np.uint8),
        "counts": np.asarray([0, 1], np.uint8),
    }
    config = {"alphabet_size": 2, "order": 2, "smoothing": "katz"}
    with pytest.raises(FormatError, match="levels disagree"):
        NgramModel.from_stored(StoredModel("ngram", config, tensors))


@pytest.mark.parametrize("smoothing", ["kneser-ney", "katz"])
def test_the_heaviest_weights_do_not_overflow(smoothing: str) -> None:
    """All mass on one symbol at every order, each order passing all of it on."""
    stored = train_ngram(np.zeros(100, np.int32), 2, 6, smoothing).to_stored()
    full = {
        name: np.full_like(stored.tensors[name], 1 << 30)
        for name in ("alpha_books", "gamma_books", "base")
    }
    model = NgramModel.from_stored(StoredModel("ngram", stored.config, {**stored.tensors, **full}))
    table = table_after(model, [0] * 6)
    assert table.sum() == TOTAL
    share = 1 / 5 if smoothing == "katz" else 6 / 7
    assert abs(table[0] - TOTAL * share) < 10
