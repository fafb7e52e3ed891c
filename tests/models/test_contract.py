"""What every symbol model promises, whatever it predicts by."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from neurocomp.codec.contract import SymbolModel
from neurocomp.coding.coders import CODERS
from neurocomp.exact import TOTAL, Frequencies
from neurocomp.models.adaptive import AdaptiveModel
from neurocomp.models.ngram.training import train_ngram
from tests.models.texts import words


@cache
def _ngram(alphabet_size: int, order: int, smoothing: str) -> SymbolModel:
    return train_ngram(words(5000, alphabet_size, 7), alphabet_size, order, smoothing)


MODELS: dict[str, Callable[[], SymbolModel]] = {
    "adaptive": AdaptiveModel,
    "kneser-ney-1": lambda: _ngram(256, 1, "kneser-ney"),
    "kneser-ney-4": lambda: _ngram(256, 4, "kneser-ney"),
    "kneser-ney-6-tokens": lambda: _ngram(1000, 6, "kneser-ney"),
    "katz-1": lambda: _ngram(256, 1, "katz"),
    "katz-6": lambda: _ngram(256, 6, "katz"),
}
LANES_LEARN_FROM_EACH_OTHER = {"adaptive"}


@pytest.fixture(params=sorted(MODELS))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def model(name: str) -> SymbolModel:
    return MODELS[name]()


def run(model: SymbolModel, symbols: NDArray[np.int32]) -> list[Frequencies]:
    """Return copies of the tables before each step of ``symbols`` (steps, lanes)."""
    predictor = model.predictor(symbols.shape[1])
    tables = []
    for step in symbols:
        tables.append(predictor.frequencies().copy())
        predictor.update(step)
    return tables


def sample(model: SymbolModel, num_steps: int, num_lanes: int) -> NDArray[np.int32]:
    """Return symbols (steps, lanes), half like the training data and half at random."""
    size = num_steps // 2 * num_lanes
    noise = np.random.default_rng(3).integers(0, model.alphabet_size, size)
    symbols = np.concatenate([words(size, model.alphabet_size, 8), noise])
    return symbols.reshape(-1, num_lanes).astype(np.int32)


@pytest.mark.parametrize("num_lanes", [1, 3])
def test_tables_are_whole(model: SymbolModel, num_lanes: int) -> None:
    for table in run(model, sample(model, 400, num_lanes)):
        assert table.dtype == np.int32
        assert table.shape == (num_lanes, model.alphabet_size)
        assert (table.sum(axis=1) == TOTAL).all()
        assert table.min() >= 1


def test_a_new_predictor_repeats_every_table(model: SymbolModel) -> None:
    symbols = sample(model, 200, 2)
    np.testing.assert_array_equal(run(model, symbols), run(model, symbols))


def test_asking_twice_changes_nothing(model: SymbolModel) -> None:
    predictor = model.predictor(1)
    for step in sample(model, 50, 1):
        first = predictor.frequencies().copy()
        np.testing.assert_array_equal(predictor.frequencies(), first)
        predictor.update(step)


def test_lanes_are_independent(name: str, model: SymbolModel) -> None:
    symbols = sample(model, 200, 3)
    together = np.asarray(run(model, symbols))
    alone = np.concatenate([run(model, symbols[:, k : k + 1]) for k in range(3)], axis=1)
    assert np.array_equal(together, alone) is (name not in LANES_LEARN_FROM_EACH_OTHER)


@pytest.mark.parametrize("coder", sorted(CODERS))
@pytest.mark.parametrize("num_lanes", [1, 4])
def test_round_trip(model: SymbolModel, coder: str, num_lanes: int) -> None:
    symbols = sample(model, 120, num_lanes)
    encoder = CODERS[coder].encoder()
    for step, table in zip(symbols, run(model, symbols), strict=True):
        encoder.encode(step, table)
    decoder = CODERS[coder].decoder(encoder.finish())
    predictor = model.predictor(num_lanes)
    for step in symbols:
        decoded = decoder.decode(predictor.frequencies())
        np.testing.assert_array_equal(decoded, step)
        predictor.update(decoded)
    decoder.finish()


def test_identity_has_the_length_of_its_kind(name: str, model: SymbolModel) -> None:
    assert len(model.identity) == 32
    assert model.identity == MODELS[name]().identity


def test_number_of_lanes_fits_the_block(model: SymbolModel) -> None:
    for num_symbols in (1, 2, 100, 10**5, 10**7):
        assert 1 <= model.num_lanes(num_symbols) <= num_symbols
