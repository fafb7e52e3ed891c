"""Lanes of the core: whatever reads them, threads, processors or steps at once, reads the same."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from neurocomp import _core
from neurocomp.models.hub.convert import convert_checkpoint
from neurocomp.models.language import LanguageModel
from neurocomp.models.language import lanes as module
from neurocomp.models.transformer import TransformerModel
from neurocomp.models.transformer.compiled import CompiledLanes
from neurocomp.models.transformer.predictor import EngineLanes
from neurocomp.store.stored import StoredModel
from tests.models.transformer.llamas import write_llama

WINDOW, LANES = 21, 2
PIECES = (1, 3, 9, 9, 5, 1, 9, 2, 9)
"""Steps that are read at once: the window is passed twice."""

SHAPES: dict[str, dict[str, Any]] = {
    "tied": {},
    "qwen3": {},
    "smollm3": {},
    # Heads of whole strips, three to a key; an inner width that ends within a strip.
    "llama": {
        "hidden_size": 96,
        "num_attention_heads": 6,
        "num_key_value_heads": 2,
        "head_dim": 64,
        "intermediate_size": 200,
        "num_hidden_layers": 2,
    },
}


@pytest.fixture(autouse=True)
def same_processor() -> Iterator[None]:
    used = _core.processor()
    yield
    _core.use_processor(used)


def symbols(num_steps: int, size: int) -> NDArray[np.int32]:
    drawn = np.random.default_rng(num_steps).integers(0, size, (LANES, num_steps))
    return drawn.astype(np.int32)


@pytest.mark.parametrize("kind", sorted(SHAPES))
def test_strips_give_what_an_engine_does(kind: str, tmp_path: Path) -> None:
    stored = convert_checkpoint(write_llama(tmp_path, kind, **SHAPES[kind]))
    model = TransformerModel(stored, window=WINDOW)
    size = model.alphabet_size

    def tables(reader: CompiledLanes | EngineLanes) -> list[NDArray[np.int32]]:
        return [reader.read_all(symbols(count, size)).copy() for count in PIECES]

    expected = tables(EngineLanes(model.network, LANES, WINDOW, max(PIECES)))
    for name in _core.processors():
        _core.use_processor(name)
        found = tables(CompiledLanes(model.compiled, size, LANES, WINDOW, max(PIECES)))
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_array_equal(one, other, err_msg=name)


def logits(model: LanguageModel, num_lanes: int, pieces: tuple[int, ...]) -> NDArray[np.int32]:
    reader = model.lanes(num_lanes, max(pieces))
    drawn = symbols(sum(pieces), model.num_tokens)[:num_lanes]
    found, start = [], 0
    for count in pieces:
        for parts in reader.foresee(drawn[:, start : start + count]):
            found.append(np.concatenate([part for _, part in parts]))
        start += count
    return np.array(found)


def test_lanes_have_read_the_start_symbol_and_two_line_feeds(
    model: LanguageModel, stored: StoredModel
) -> None:
    transformer = TransformerModel.from_stored(stored)
    (line_feed,) = model.tokens(b"\n")
    start = [transformer.config.start_symbol, line_feed, line_feed]
    plain = transformer.compiled_in_order(np.arange(model.num_tokens, dtype=np.int32))
    reader = _core.language.Lanes(plain, 1, transformer.window, 1, 1)
    expected = np.empty((1, model.num_tokens), np.int32)
    for symbol in start:
        reader.begin()
        reader.read(np.array([[symbol]], np.int32))
        reader.write_logits(expected)
        reader.end()
    order = model.vocabulary.order
    ((_, found),) = model.lanes(2).logits()
    for row in found[:, : len(order)]:
        np.testing.assert_array_equal(row, expected[0, order])


@pytest.mark.parametrize("num_lanes", [1, 2])
@pytest.mark.parametrize("num_threads", [2, 3, 5])
def test_threads_change_nothing(
    model: LanguageModel, num_lanes: int, num_threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    pieces = (1,) * 20 + (7, 30, 2)
    monkeypatch.setattr(module, "num_cores", lambda: 1)
    alone = logits(model, num_lanes, pieces)
    monkeypatch.setattr(module, "num_cores", lambda: num_threads)
    np.testing.assert_array_equal(logits(model, num_lanes, pieces), alone)
    one_by_one = logits(model, num_lanes, (1,) * sum(pieces))
    np.testing.assert_array_equal(one_by_one, alone)


def test_who_comes_late_or_never_is_not_waited_for(
    model: LanguageModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "num_cores", lambda: 1)
    alone = logits(model, 1, (4, 4))
    monkeypatch.setattr(module, "num_cores", lambda: 3)

    class NoPool:
        def __init__(self, _: int) -> None: ...

        def submit(self, *_: object) -> None:
            raise RuntimeError("cannot schedule new futures after interpreter shutdown")

    monkeypatch.setattr(module, "new_pool", NoPool)
    np.testing.assert_array_equal(logits(model, 1, (4, 4)), alone)
    monkeypatch.setattr(module, "new_pool", lambda _: None)
    np.testing.assert_array_equal(logits(model, 1, (4, 4)), alone)


def test_steps_that_have_ended_take_no_help(stored: Any) -> None:
    compiled = TransformerModel.from_stored(stored).compiled
    lanes = _core.language.Lanes(compiled, 1, 8, 1, 2)
    with pytest.raises(ValueError, match="no such thread"):
        lanes.assist(2, 1)
    step = lanes.begin()
    helper = threading.Thread(target=lanes.assist, args=(1, step))
    helper.start()
    lanes.read(np.zeros((1, 1), np.int32))
    lanes.end()
    helper.join(60)
    assert not helper.is_alive()
    lanes.assist(1, step)
