"""The core refuses arrays that its kernels would leave: nothing is read or written outside."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from neurocomp import _core
from neurocomp.exact.tables import exp2_table

I32 = np.int32


def rows(*shape: int) -> np.ndarray[tuple[int, ...], np.dtype[np.int32]]:
    return np.zeros(shape, np.int32)


def linear() -> _core.exact.Linear:
    weight = np.ones((3, 16), np.int8)
    return _core.exact.Linear(weight, np.ones(3, np.int64), rows(3), shift=30, clip=9)


def attend(start: int, heads: int, sight: _core.exact.Sight | None = None) -> None:
    cache = np.zeros((1, 2, 4, 8), np.int16)
    queries = rows(1, 8 * heads)
    out = rows(*queries.shape)
    _core.exact.attend(queries, cache, cache, start, 100, 1, 30, exp2_table(), sight, out)


def trie() -> _core.ngram.Trie:
    return _core.ngram.Trie(np.array([1, 3, 4], I32), np.array([0, 1, 2, 1], np.uint8), 3)


def sight(bounds: list[int], positions: list[int]) -> _core.exact.Sight:
    return _core.exact.Sight(np.array(bounds, I32), np.array(positions, I32))


def attend_window(
    length: int = 4, steps: int = 1, heads: int = 2, sinks: int = 1, start: int = 0
) -> None:
    cache = np.zeros((1, 2, 5, 8), np.int8), np.ones((1, 2, 5), I32)
    queries = rows(steps, 8 * heads)
    shape = start, length, sinks
    _core.exact.attend_window(
        queries, queries, *cache, *cache, *shape, 100, 1, 30, exp2_table(), rows(*queries.shape)
    )


def transformer(head_outputs: int = 7, num_gains: int = 16) -> _core.language.Transformer:
    turns = np.zeros((2, 2, 1024, 2), I32)
    vectors = np.ones((7, 16), np.int8), rows(7), rows(16)
    tables = turns, np.zeros(1 << 15, I32), exp2_table()
    made = _core.language.Transformer(*vectors, 20, *tables, 4, 2, 4, 16, 1, 1)

    def layer(num_outputs: int) -> tuple[_core.exact.Linear, int]:
        weight = np.ones((num_outputs, 16), np.int8)
        numbers = np.ones(num_outputs, np.int64), np.zeros(num_outputs, I32)
        return _core.exact.Linear(weight, *numbers, shift=30, clip=9), 127

    gain = np.ones(16, I32)
    made.add_block(
        *(
            np.ones(num_gains, I32),
            *layer(32),
            100,
            1,
            30,
            *layer(16),
            gain,
            *layer(32),
            *layer(16),
        ),
        rotates=True,
    )
    made.finish(gain, *layer(head_outputs))
    return made


def test_norms_of_outputs_are_taken() -> None:
    made = transformer(num_gains=0)
    made.set_head_norms(rows(16), 1, 20, rows(8), 1, 20)
    made.set_output_norms(rows(16), 1, 20, rows(16), 1, 20)
    one = _core.language.Lanes(made, 2, 4, 3)
    one.read(rows(2, 3))
    one.write_logits(rows(6, 7))


def lanes(length: int = 4) -> _core.language.Lanes:
    return _core.language.Lanes(transformer(), 2, length, 3)


def test_windows_and_lanes_are_taken() -> None:
    attend_window()
    attend_window(steps=2, heads=6)
    one = lanes()
    one.read(rows(2, 3))
    one.write_logits(rows(6, 7))
    one.write_frequencies(rows(2, 7))


SCALES = np.zeros(2, np.int64)

WRONG: dict[str, Callable[[], object]] = {
    "clip": lambda: _core.exact.add(rows(2, 3), rows(2, 3), -1),
    "shapes": lambda: _core.exact.add(rows(2, 3), rows(2, 4), 5),
    "columns apart": lambda: _core.exact.square(rows(2, 6)[:, ::2], 5),
    "short rows": lambda: _core.exact.quantise_rows(
        rows(2, 20), 127, np.zeros((2, 16), np.int16), SCALES, SCALES
    ),
    "few scales": lambda: _core.exact.quantise_rows(
        rows(3, 16), 127, np.zeros((3, 16), np.int16), SCALES, SCALES
    ),
    "positions": lambda: _core.exact.rotate(
        rows(2, 4), 4, np.zeros((3, 2), np.int16), np.zeros((3, 2), np.int16), 2, 2
    ),
    "inputs": lambda: linear().apply(
        np.zeros((1, 32), np.int16), np.ones(1, np.int64), np.ones(1, np.int64), rows(1, 3)
    ),
    "outputs": lambda: linear().apply(
        np.zeros((1, 16), np.int16), np.ones(1, np.int64), np.ones(1, np.int64), rows(1, 2)
    ),
    "a full cache": lambda: _core.exact.store_heads(
        rows(3, 8), 2, np.zeros((1, 1, 4, 8), np.int16)
    ),
    "lanes": lambda: _core.exact.store_heads(rows(3, 8), 0, np.zeros((2, 1, 4, 8), np.int16)),
    "steps": lambda: attend(4, 2),
    "heads": lambda: attend(0, 3),
    "a sight of fewer": lambda: attend(3, 2, sight([0, 1, 2], [0, 1])),
    "a sight of later ones": lambda: sight([0, 1, 2], [0, 2]),
    "a sight of none": lambda: sight([0, 1, 1], [0]),
    "a sight that falls": lambda: sight([0, 1, 3], [0, 1, 0]),
    "a table": lambda: _core.exact.activate(rows(1, 1), rows(5), False),
    "logarithm of 0": lambda: _core.exact.logarithms(
        np.zeros(1, np.int64), rows(2048), np.zeros(1, np.int64)
    ),
    "a symbol": lambda: _core.coding.follow(
        np.array([0, 2**64 - 1, 0], np.uint64), np.array([2], I32), rows(1, 2)
    ),
    "a byte": lambda: _core.adaptive.Predictor(1, 8, 8, 8).update(np.array([256], I32)),
    "a trie that falls": lambda: _core.ngram.Trie(
        np.array([1, 4, 3], I32), np.zeros(3, np.uint8), 3
    ),
    "a trie's symbol": lambda: _core.ngram.Trie(
        np.array([1, 3, 4], I32), np.array([0, 1, 3, 1], np.uint8), 3
    ),
    "a context": lambda: trie().advance(np.array([[0, 2]], I32), np.zeros(1, I32)),
    "codes of n-grams": lambda: _core.ngram.Probabilities(
        trie(),
        np.ones(3, np.uint8),
        np.ones(0, np.uint8),
        rows(0, 256),
        rows(0, 256),
        rows(3),
        True,
    ),
    "ranks": lambda: _core.ngram.sort_positions(np.array([0, 2], I32), np.array([1, 1], I32)),
    "words": lambda: _core.symbols.find_word_ends(
        0, np.zeros(3, np.uint32), np.zeros(3, np.uint8), np.zeros(2, np.int64)
    ),
    "a place": lambda: _core.images.write_keys(
        rows(1, 4), rows(1, 3), 4, 2, np.zeros((1, 12), np.uint64)
    ),
    "a token": lambda: _core.images.choose_rarest(
        np.array([[7]], I32), np.ones(1, np.int64), rows(7), rows(1, 3)
    ),
    "a code": lambda: _core.images.CodeMemory(9, 2, 4, 5, 1, rows(2048), 8, 64).learn(
        0, np.array([5], I32), np.ones(1, np.bool_)
    ),
    "a lane": lambda: _core.images.CodeMemory(9, 2, 4, 5, 1, rows(2048), 8, 64).expect(
        1, rows(1, 5)
    ),
    "heads of a norm": lambda: _core.exact.normalise_heads(rows(2, 7), rows(3), 1, 20),
    "a shift of a norm": lambda: _core.exact.normalise_heads(rows(2, 6), rows(3), 1, 62),
    "a norm of heads": lambda: transformer().set_head_norms(rows(3), 1, 20, rows(4), 1, 20),
    "a norm of outputs": lambda: transformer().set_output_norms(rows(16), 1, 20, rows(4), 1, 20),
    "a norm's gains": lambda: transformer(num_gains=8),
    "a window": lambda: attend_window(length=6),
    "a window's steps": lambda: attend_window(steps=3),
    "a window's heads": lambda: attend_window(heads=3),
    "a window's sinks": lambda: attend_window(sinks=4),
    "a window's start": lambda: attend_window(start=1 << 20),
    "a head": lambda: transformer(head_outputs=8),
    "lanes' window": lambda: lanes(1),
    "lanes' symbol": lambda: lanes().read(np.full((2, 1), 7, I32)),
    "lanes' steps": lambda: lanes().read(rows(2, 4)),
    "lanes' tables": lambda: lanes().write_logits(rows(2, 7)),
    "a grid's code": lambda: _core.images.GridModel(2).read(np.full((1, 1, 1), 4, np.uint16)),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
def test_it_is_refused(wrong: Callable[[], object]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        wrong()


def test_arrays_are_not_converted() -> None:
    with pytest.raises(TypeError):
        _core.exact.square(np.zeros((1, 1), np.int64), 5)
