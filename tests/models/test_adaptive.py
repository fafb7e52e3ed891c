"""The adaptive model: what it learns, and that its memory is bounded without a trace."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from neurocomp.errors import UsageError
from neurocomp.exact import TOTAL
from neurocomp.models.adaptive import AdaptiveModel, model
from neurocomp.models.adaptive.model import AdaptivePredictor
from tests.models.texts import words


def bits_per_byte(symbols: NDArray[np.int32], num_lanes: int = 1) -> float:
    predictor = AdaptiveModel().predictor(num_lanes)
    lanes = np.arange(num_lanes)
    bits = 0.0
    steps = symbols[: symbols.size // num_lanes * num_lanes].reshape(num_lanes, -1).T
    for step in np.ascontiguousarray(steps):
        bits -= float(np.log2(predictor.frequencies()[lanes, step] / TOTAL).sum())
        predictor.update(step)
    return bits / steps.size


def test_starts_uniform() -> None:
    table = AdaptiveModel().predictor(1).frequencies()
    assert set(table[0]) == {TOTAL // 256}


def test_learns_a_repetition() -> None:
    period = np.arange(50, dtype=np.int32)
    assert bits_per_byte(np.tile(period, 40)) < 0.5


def test_learns_words_and_loses_little_on_noise() -> None:
    assert bits_per_byte(words(20_000, 256, 2)) < 2.3
    noise = np.random.default_rng(5).integers(0, 256, 20_000).astype(np.int32)
    assert bits_per_byte(noise) < 8.15


def test_lanes_learn_from_each_other() -> None:
    text = words(20_000, 256, 2)
    assert bits_per_byte(text, num_lanes=8) < 1.1 * bits_per_byte(text)


def test_growing_changes_no_table(monkeypatch: pytest.MonkeyPatch) -> None:
    text = words(3000, 256, 4)
    predictor = AdaptiveModel().predictor(1)
    monkeypatch.setattr(model, "FIRST_CAPACITY", 16)
    growing = AdaptiveModel().predictor(1)
    for step in text.reshape(-1, 1):
        np.testing.assert_array_equal(growing.frequencies(), predictor.frequencies())
        predictor.update(step)
        growing.update(step)


@pytest.mark.parametrize("num_lanes", [1, 5])
def test_a_full_trie_keeps_the_latest_symbols(
    monkeypatch: pytest.MonkeyPatch, num_lanes: int
) -> None:
    monkeypatch.setattr(model, "FIRST_CAPACITY", 1 << 12)
    monkeypatch.setattr(model, "MAX_NODES", 1 << 12)
    monkeypatch.setattr(model, "HISTORY_SYMBOLS", 1 << 8)
    predictor = AdaptivePredictor(num_lanes)
    again = AdaptivePredictor(num_lanes)
    noise = np.random.default_rng(6).integers(0, 256, (4000, num_lanes)).astype(np.int32)
    phrase = np.tile(np.arange(20, dtype=np.int32), 10)
    steps = np.concatenate([noise, np.repeat(phrase[:, None], num_lanes, axis=1)])
    for step in steps:
        table = predictor.frequencies()
        assert (table.sum(axis=1) == TOTAL).all()
        np.testing.assert_array_equal(table, again.frequencies())
        predictor.update(step)
        again.update(step)
    assert predictor.frequencies()[:, 0].min() > TOTAL // 2


def test_counts_that_run_over_are_halved() -> None:
    predictor = AdaptiveModel().predictor(1)
    for byte in [0, *[1] * 2000, 0]:
        predictor.update(np.asarray([byte], np.int32))
    table = predictor.frequencies()
    assert table.sum() == TOTAL
    assert table[0, 1] > TOTAL // 2


@pytest.mark.parametrize("num_lanes", [0, -1, 5000])
def test_refuses_impossible_lanes(num_lanes: int) -> None:
    with pytest.raises(UsageError, match="1 to 4096 lanes"):
        AdaptiveModel().predictor(num_lanes)
