"""Lanes of the core: whatever reads them, threads, processors or steps at once, reads the same."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from neurocomp import _core
from neurocomp.models.hub.convert import convert_checkpoint
from neurocomp.models.language import LanguageModel, reading
from neurocomp.models.language import lanes as module
from neurocomp.models.language.reading import LaneGroup
from neurocomp.models.transformer import TransformerModel
from neurocomp.models.transformer.compiled import CompiledLanes
from neurocomp.models.transformer.predictor import EngineLanes
from neurocomp.store.stored import StoredModel
from neurocomp.threads import offer
from tests.models.transformer.llamas import write_llama
from tests.test_threads import CrowdedPool

WINDOW, LANES = 21, 2
PIECES = (1, 3, 9, 9, 5, 1, 9, 2, 9)
"""Steps that are read at once: the window is passed twice."""

SHAPES: dict[str, dict[str, Any]] = {
    "tied": {},
    "mistral": {},
    "qwen2": {},
    "qwen3": {},
    "granite": {},
    "smollm3": {},
    "olmo2": {"num_key_value_heads": 4},
    "olmo2-tied": {"hidden_size": 96, "num_attention_heads": 6, "num_key_value_heads": 2},
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


def foreseen(model: LanguageModel, num_lanes: int, max_steps: int) -> NDArray[np.int32]:
    """Return the logits (steps, lanes, V) of what is known beforehand."""
    reader = model.lanes(num_lanes, max_steps)
    rows = drawn_for(model, num_lanes)
    return np.array([one.copy() for one in reader.foresee(rows)])


def followed(model: LanguageModel, num_lanes: int, *, takes_long: bool = True) -> NDArray[np.int32]:
    """Return the same, read one by one."""
    reader = model.lanes(num_lanes, takes_long=takes_long)
    found = []
    for column in drawn_for(model, num_lanes).T:
        parts = []
        for start, rows in reader.logits():
            parts.append(rows.copy())
            reader.update(start, column[start : start + len(rows)])
        found.append(np.concatenate(parts))
    return np.array(found)


def drawn_for(model: LanguageModel, num_lanes: int) -> NDArray[np.int32]:
    drawn = np.random.default_rng(5).integers(0, model.num_tokens, (num_lanes, 39))
    return drawn.astype(np.int32)


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


@pytest.mark.parametrize("num_lanes", [1, 9])
def test_a_pool_without_threads_changes_nothing(
    model: LanguageModel, num_lanes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may do later what it could not begin with, and nobody leads a step twice."""
    monkeypatch.setattr(module, "num_cores", lambda: 1)
    alone = followed(model, num_lanes)
    monkeypatch.setattr(module, "num_cores", lambda: 3)
    monkeypatch.setattr(module, "new_pool", lambda number: CrowdedPool(1))
    np.testing.assert_array_equal(followed(model, num_lanes), alone)
    np.testing.assert_array_equal(foreseen(model, num_lanes, 7), alone)


@pytest.mark.parametrize("num_lanes", [1, 2, 9])
@pytest.mark.parametrize("num_threads", [2, 3, 5])
def test_threads_change_nothing(
    model: LanguageModel, num_lanes: int, num_threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "num_cores", lambda: 1)
    alone = followed(model, num_lanes)
    np.testing.assert_array_equal(foreseen(model, num_lanes, 7), alone)
    monkeypatch.setattr(module, "num_cores", lambda: num_threads)
    for takes_long in (False, True):
        found = followed(model, num_lanes, takes_long=takes_long)
        np.testing.assert_array_equal(found, alone)
    for max_steps in (1, 7, 30):
        np.testing.assert_array_equal(foreseen(model, num_lanes, max_steps), alone)


def test_what_lanes_have_in_common_is_read_once(model: LanguageModel) -> None:
    rows = drawn_for(model, 9)
    rows[:, :25] = rows[0, :25]
    whole = [one.copy() for one in model.lanes(9, 4).foresee(rows)]
    shared = [one.copy() for one in model.lanes(9, 4).foresee(rows, 25)]
    reader = model.lanes(9, takes_long=True)
    for step, (one, other) in enumerate(zip(whole, shared, strict=True)):
        assert len(other) == (1 if step < 25 else 9)
        np.testing.assert_array_equal(one[: len(other)], other)
        if step < 25:
            np.testing.assert_array_equal(reader.shared_logits(), other)
            reader.share(int(rows[0, step]))
            continue
        for start, some in reader.logits():
            np.testing.assert_array_equal(some, one[start : start + len(some)])
            reader.update(start, rows[start : start + len(some), step])


def test_who_comes_late_or_never_is_not_waited_for(
    model: LanguageModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "num_cores", lambda: 1)
    alone = followed(model, 9)
    monkeypatch.setattr(module, "num_cores", lambda: 3)

    class NoPool:
        def __init__(self, _: int) -> None: ...

        def submit(self, *_: object) -> None:
            raise RuntimeError("cannot schedule new futures after interpreter shutdown")

    monkeypatch.setattr(module, "new_pool", NoPool)
    np.testing.assert_array_equal(followed(model, 9), alone)
    np.testing.assert_array_equal(foreseen(model, 9, 4), alone)
    monkeypatch.setattr(module, "new_pool", lambda _: None)
    np.testing.assert_array_equal(followed(model, 9), alone)
    np.testing.assert_array_equal(foreseen(model, 9, 4), alone)


class TakenOver(Future[None]):
    """Work that no thread has begun with; who would do it instead is interrupted."""

    def cancel(self) -> bool:
        super().cancel()
        raise KeyboardInterrupt


@pytest.mark.parametrize("while_asking", [True, False])
@pytest.mark.parametrize("num_lanes", [1, 9])
def test_no_thread_waits_for_a_step_that_was_interrupted(
    model: LanguageModel, num_lanes: int, while_asking: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the first request for help and the step that this thread leads."""
    pool = ThreadPoolExecutor(2)
    made: list[_core.language.Lanes] = []
    offered: list[Future[None]] = []

    def group(lanes: _core.language.Lanes, *others: Any) -> LaneGroup:
        made.append(lanes)
        return LaneGroup(lanes, *others)

    def interrupted(pool: ThreadPoolExecutor, function: Callable[[], None]) -> Future[None]:
        is_leader = not offered and not while_asking
        offered.append(TakenOver() if is_leader else offer(pool, function))
        if while_asking and len(offered) == 2:
            raise KeyboardInterrupt
        return offered[-1]

    monkeypatch.setattr(module, "num_cores", lambda: 3)
    monkeypatch.setattr(module, "new_pool", lambda _: pool)
    monkeypatch.setattr(module, "LaneGroup", group)
    monkeypatch.setattr(reading, "offer", interrupted)
    reader = model.lanes(num_lanes, 4)
    steps = reader.logits() if while_asking else reader.foresee(drawn_for(model, num_lanes))
    with pytest.raises(KeyboardInterrupt):
        next(iter(steps))
    end = threading.Thread(target=pool.shutdown)
    end.start()
    end.join(60)
    is_waiting = end.is_alive()
    for lanes in made:
        lanes.end()
    assert len(offered) == 2
    assert not is_waiting


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


def test_lanes_take_only_what_fits_them(stored: Any) -> None:
    compiled = TransformerModel.from_stored(stored).compiled
    lanes = _core.language.Lanes(compiled, 2, 8, 1)
    for other in (lanes, _core.language.Lanes(compiled, 1, 9, 1)):
        with pytest.raises(ValueError, match="don't fit each other"):
            lanes.take(other)
