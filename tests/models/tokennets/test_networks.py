"""Exact networks of tokens: the same integers however computed, close to the float ones."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from neurocomp import compress, decompress
from neurocomp.errors import FormatError, UnsupportedError
from neurocomp.exact import TOTAL
from neurocomp.exact.engine import open_engine
from neurocomp.models.hub.convert import convert_checkpoint
from neurocomp.models.tokennets.config import NeuralNgramConfig
from neurocomp.models.tokennets.conformance import MODELS, SAMPLES, run_conformance
from neurocomp.registry.opening import open_model
from neurocomp.store.folder import ModelStore
from neurocomp.store.stored import StoredModel
from tests.models.tokennets.networks import ALPHABET_SIZE, START, make_network, write_checkpoint

KINDS = ("neural-ngram", "recurrent-tokens")
BY_KIND = {model.architecture: model for model in MODELS.values()}


def test_the_compiled_route_conforms() -> None:
    checks = list(run_conformance(("compiled",), "cpu"))
    assert len(checks) == 8
    assert [check.name for check in checks if not check.is_expected] == []


@pytest.mark.parametrize("route", ["float32", "int8"])
def test_torch_conforms(route: str) -> None:
    assert all(check.is_expected for check in run_conformance((route,), "cpu"))


@pytest.mark.parametrize("kind", KINDS)
def test_integers_are_close_to_the_float_network(kind: str, tmp_path: Path) -> None:
    network = make_network(kind)
    model = BY_KIND[kind](convert_checkpoint(write_checkpoint(tmp_path, network)))
    rows = np.random.default_rng(1).integers(0, ALPHABET_SIZE, (20, 30))
    predictor = model.predictor(len(rows))
    tables = []
    for column in rows.T:
        tables.append(predictor.frequencies().copy())
        predictor.update(column.astype(np.int32))
    context = np.full((len(rows), network.config.context), START)
    symbols = np.concatenate([context, rows[:, :-1]], 1)
    with torch.no_grad():
        expected = torch.softmax(network(torch.from_numpy(symbols)).double(), -1).numpy()
    coded = np.stack(tables, 1) / TOTAL
    loss = (expected * np.log2(expected / coded)).sum(-1).mean()
    entropy = -(expected * np.log2(expected)).sum(-1).mean()
    assert 1 < entropy < 0.9 * np.log2(ALPHABET_SIZE)  # the network says something
    assert loss < 0.001 * entropy


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("coder", ["arithmetic", "huffman"])
def test_frames_go_there_and_back(kind: str, coder: str, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    stored = convert_checkpoint(write_checkpoint(tmp_path / "run", make_network(kind)))
    stored.save(path)
    symbols = np.random.default_rng(4).integers(0, ALPHABET_SIZE, 3000)
    content = symbols.astype("<u2").tobytes()
    frame = compress(content, model=str(path), coder=coder)
    assert decompress(frame, model_path=(path,)) == content
    opened = open_model(str(path), ModelStore())
    assert opened.family.name == kind
    assert opened.model.identity == stored.sha256


@pytest.mark.parametrize("kind", KINDS)
def test_conversion_is_deterministic_and_names_what_is_wrong(kind: str, tmp_path: Path) -> None:
    network = make_network(kind)
    write_checkpoint(tmp_path, network)
    assert convert_checkpoint(tmp_path).sha256 == convert_checkpoint(tmp_path).sha256
    settings = json.loads((tmp_path / "config.json").read_text())
    del settings["start_symbol"]
    (tmp_path / "config.json").write_text(json.dumps(settings))
    with pytest.raises(FormatError, match="start_symbol"):
        convert_checkpoint(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps({**settings, "model_type": "another"}))
    with pytest.raises(UnsupportedError, match="another"):
        convert_checkpoint(tmp_path)


@pytest.mark.parametrize("sample", sorted(SAMPLES))
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("head.weight", np.full((300, 24), 100, np.int8)),
        ("head.scale", np.array([1 << 20, 40], np.int64)),
        ("head.multiplier", np.full(300, 1 << 60, np.int64)),
        ("head.bias", np.zeros(3, np.int32)),
        ("embedding.rows", np.full(300, -1, np.int32)),
        ("embedding.columns", np.full(24, 2**31 - 1, np.int32)),
        ("exp2", np.zeros(1024, np.int32)),
    ],
)
def test_damaged_parts_are_refused(sample: str, name: str, value: np.ndarray) -> None:
    stored = SAMPLES[sample]()
    assert stored.tensors[name].shape == value.shape or name == "head.bias"
    rows = {"embedding.rows": np.full(300, 2**31 - 1, np.int32)} if "columns" in name else {}
    damaged = StoredModel(
        stored.architecture, stored.config, {**stored.tensors, **rows, name: value}
    )
    with pytest.raises(FormatError):
        MODELS[sample](damaged)


@pytest.mark.parametrize("sample", sorted(SAMPLES))
@pytest.mark.parametrize(
    "change", [{"width": 0}, {"start_symbol": 300}, {"epsilon": "1"}, {"more": 1}, {"width": 25}]
)
def test_damaged_shapes_are_refused(sample: str, change: dict[str, object]) -> None:
    stored = SAMPLES[sample]()
    damaged = StoredModel(stored.architecture, {**stored.config, **change}, stored.tensors)
    with pytest.raises(FormatError):
        MODELS[sample](damaged)


def test_vectors_that_are_too_long_together() -> None:
    config = SAMPLES["neural n-gram"]().config
    with pytest.raises(FormatError, match="more than 4096 columns"):
        NeuralNgramConfig.from_json({**config, "context": 64, "width": 65})


def test_a_model_of_another_architecture() -> None:
    with pytest.raises(FormatError, match="recurrent-tokens"):
        BY_KIND["neural-ngram"](SAMPLES["recurrent tokens"]())


def test_a_neural_ngram_sees_its_context_only() -> None:
    model = MODELS["neural n-gram"](SAMPLES["neural n-gram"]())
    tables = []
    for past in ([1, 2, 3, 4, 5, 6], [9, 9, 9, 4, 5, 6]):
        predictor = model.on(open_engine())
        state = predictor.start(1)
        for symbol in past:
            predictor.read(state, np.array([symbol], np.int32))
        tables.append(predictor.predict(state).copy())
    assert np.array_equal(tables[0], tables[1])
