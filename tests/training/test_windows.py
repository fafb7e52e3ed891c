"""The shuffle, the mixture, and what is held out."""

from __future__ import annotations

import numpy as np
import pytest

from neurocomp.errors import UsageError
from neurocomp.training.windows import WindowStream, hold_out, spread_pieces

SEPARATOR = 30


def file(size: int, seed: int = 0) -> np.ndarray:
    symbols = np.random.default_rng(seed).integers(100, 200, size).astype(np.uint8)
    symbols[::97] = SEPARATOR
    return symbols


def stream(seed: int = 0, window: int = 16, context: int = 3) -> WindowStream:
    kinds = {"prose": [file(2000), file(1500, 1)], "code": [file(800, 2)]}
    return WindowStream(kinds, {"prose": 3, "code": 1}, window, context, SEPARATOR, seed)


def test_same_seed_same_samples() -> None:
    samples = stream().take(50)
    assert samples.shape == (50, 19)
    assert np.array_equal(samples, stream().take(50))
    assert not np.array_equal(samples, stream(seed=1).take(50))


def test_ranks_share_the_samples() -> None:
    whole, first, second = stream(), stream(), stream()
    for _ in range(3):
        parts = [first.take(8, 0, 2), second.take(8, 1, 2)]
        assert np.array_equal(np.concatenate(parts), whole.take(8))
    assert whole.state() == first.state()


def test_a_position_can_be_restored() -> None:
    one, other = stream(), stream()
    one.take(333)
    other.restore(one.state())
    assert np.array_equal(one.take(40), other.take(40))
    with pytest.raises(UsageError, match="trained on logs, not on code, prose"):
        other.restore({"logs": 3})


def test_the_mixture_is_exact() -> None:
    mixture = stream()
    mixture.take(400)
    assert mixture.state() == {"code": 100, "prose": 300}


def test_an_epoch_has_every_window_once_and_the_next_is_cut_elsewhere() -> None:
    symbols = np.arange(1000, dtype=np.uint16)
    one = WindowStream({"x": [symbols]}, {"x": 1}, 10, 2, SEPARATOR, 0)
    epochs = [one.take(99)[:, 2] for _ in range(3)]
    for starts in epochs:
        assert len(set(starts.tolist())) == 99
        assert set(np.diff(np.sort(starts)).tolist()) == {10}
    assert len({int(starts.min()) for starts in epochs}) > 1
    assert not np.array_equal(np.argsort(epochs[0]), np.argsort(epochs[1]))


def test_context_precedes_the_window() -> None:
    symbols = np.arange(1000, 2000, dtype=np.uint16)
    one = WindowStream({"x": [symbols]}, {"x": 1}, 10, 4, SEPARATOR, 3)
    for sample in one.take(500):
        start = sample[4]
        known = min(4, start - 1000)
        assert np.array_equal(sample[4 - known :], np.arange(start - known, start + 10))
        assert (sample[: 4 - known] == SEPARATOR).all()


def test_too_little_data() -> None:
    with pytest.raises(UsageError, match="kind 'x' have no two windows of 100 symbols"):
        WindowStream({"x": [file(150)]}, {"x": 1}, 100, 1, SEPARATOR, 0)


def test_whole_documents_are_held_out() -> None:
    symbols = file(1000)
    train, validation = hold_out(symbols, SEPARATOR, 0.1)
    assert symbols[train.size] == SEPARATOR
    assert 100 <= validation.size < 200
    assert np.array_equal(np.concatenate((train, [SEPARATOR], validation)), symbols)
    single = np.zeros(1000, np.uint8)
    train, validation = hold_out(single, SEPARATOR, 0.1)
    assert (train.size, validation.size) == (900, 100)
    single[10] = SEPARATOR
    train, validation = hold_out(single, SEPARATOR, 0.1)
    assert (train.size, validation.size) == (900, 100)


def test_pieces_are_spread() -> None:
    parts = [np.arange(0, 1000), np.arange(1000, 1500), np.arange(1500, 1520)]
    pieces = spread_pieces(parts, 6, 100)
    assert [int(piece[0]) for piece in pieces] == [0, 300, 600, 900, 1000, 1400, 1500]
    assert [piece.size for piece in pieces] == [100] * 6 + [20]
