from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurocomp.exact import MAX_ALPHABET_SIZE, TOTAL, WEIGHT_LIMIT, quantise

weights_of_a_row = st.lists(
    st.one_of(st.integers(0, WEIGHT_LIMIT - 1), st.sampled_from([0, 1, WEIGHT_LIMIT - 1])),
    min_size=1,
    max_size=60,
).filter(any)


def in_plain_integers(weights: list[int]) -> list[int]:
    spread, total = TOTAL - len(weights), sum(weights)
    frequencies = [1 + w * spread // total for w in weights]
    frequencies[weights.index(max(weights))] += TOTAL - sum(frequencies)
    return frequencies


@given(weights=weights_of_a_row)
@settings(deadline=None)
def test_formula(weights: list[int]) -> None:
    row = quantise(np.array([weights], np.int64))
    assert row.dtype == np.int32
    assert row.tolist() == [in_plain_integers(weights)]


@given(weights=weights_of_a_row)
@settings(deadline=None)
def test_tables_are_what_a_coder_needs(weights: list[int]) -> None:
    row = quantise(np.array([weights], np.int64))[0]
    assert int(row.sum()) == TOTAL
    assert row.min() >= 1
    best = int(np.argmax(weights))
    assert row[best] == row.max()
    # All but the one that takes what is left over keep the order of their weights.
    others = np.delete(row, best)[np.argsort(np.delete(weights, best), kind="stable")]
    assert (np.diff(others) >= 0).all()


def test_largest_alphabet_and_weights() -> None:
    for weights in (
        np.full((1, MAX_ALPHABET_SIZE), WEIGHT_LIMIT - 1, np.int64),
        np.arange(MAX_ALPHABET_SIZE, dtype=np.int64)[None],
    ):
        row = quantise(weights)[0]
        assert int(row.sum()) == TOTAL
        assert row.min() >= 1


def test_one_symbol_takes_all() -> None:
    assert quantise(np.array([[5], [1]], np.int64)).tolist() == [[TOTAL], [TOTAL]]


def test_what_is_left_goes_to_the_first_of_the_largest() -> None:
    assert quantise(np.array([[1, 1, 1]], np.int64)).tolist() == [
        [TOTAL // 3 + 1, TOTAL // 3, TOTAL // 3]
    ]


def test_rows_are_independent() -> None:
    rng = np.random.default_rng(0)
    weights = rng.integers(0, WEIGHT_LIMIT, (16, 257))
    together = quantise(weights)
    for lane in range(16):
        assert (quantise(weights[lane : lane + 1])[0] == together[lane]).all()
    assert quantise(np.empty((0, 5), np.int64)).shape == (0, 5)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.ones(3, np.int64), "shape"),
        (np.ones((2, 0), np.int64), "shape"),
        (np.ones((1, MAX_ALPHABET_SIZE + 1), np.int64), "shape"),
        (np.array([[1, -1]], np.int64), "weights must be"),
        (np.array([[1, WEIGHT_LIMIT]], np.int64), "weights must be"),
        (np.array([[1, 2], [0, 0]], np.int64), "positive"),
    ],
)
def test_refusals(weights: np.ndarray[tuple[int, ...], np.dtype[np.int64]], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        quantise(weights)
