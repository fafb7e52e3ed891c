"""Steps that an encoder reads at once: the tables that a decoder gets one by one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from neurocomp.codec.contract import SymbolModel
from neurocomp.models.tokennets import conformance as tokennets
from neurocomp.models.transformer import TransformerModel
from neurocomp.models.transformer import conformance as transformers

NUM_STEPS = 3 * transformers.CONTEXT + 5


def _transformer(sample: str, overlap: int | None = None) -> TransformerModel:
    return TransformerModel(transformers.SAMPLES[sample](), overlap=overlap)


def _network(sample: str) -> SymbolModel:
    return tokennets.MODELS[sample](tokennets.SAMPLES[sample]())


MODELS: dict[str, Callable[[], SymbolModel]] = {
    "gpt": lambda: _transformer("gpt"),
    "gpt, the least overlap": lambda: _transformer("gpt", 1),
    "gpt, the most overlap": lambda: _transformer("gpt", transformers.CONTEXT - 1),
    "llama": lambda: _transformer("llama"),
    "sliding": lambda: _transformer("sliding"),
    "neural n-gram": lambda: _network("neural n-gram"),
    "recurrent tokens": lambda: _network("recurrent tokens"),
}


@pytest.mark.parametrize("name", sorted(MODELS))
@pytest.mark.parametrize(("num_lanes", "num_threads"), [(1, 1), (5, 1), (5, 3)])
def test_tables_are_the_same(
    name: str, num_lanes: int, num_threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for family in ("transformer", "tokennets"):
        monkeypatch.setattr(f"neurocomp.models.{family}.model.num_cores", lambda: num_threads)
    model = MODELS[name]()
    shape = (NUM_STEPS, num_lanes)
    grid = np.random.default_rng(1).integers(0, model.alphabet_size, shape).astype(np.int32)
    predictor = model.predictor(num_lanes)
    one_by_one = []
    for column in grid:
        one_by_one.append(predictor.frequencies().copy())
        predictor.update(column)
    at_once = [tables.copy() for tables in model.predictor(num_lanes).foresee(grid)]
    np.testing.assert_array_equal(at_once, one_by_one)
