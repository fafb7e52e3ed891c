"""The exact recurrent network: the same integers however computed, close to the float one."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from neurocomp import _core
from neurocomp.errors import FormatError, UnsupportedError
from neurocomp.exact import TOTAL
from neurocomp.exact.engine import open_engine
from neurocomp.exact.hashing import HASH_GAIN, HashedTable
from neurocomp.models.bytenet import NetworkModel
from neurocomp.models.bytenet.config import RESIDUAL_BITS, RecurrentConfig
from neurocomp.models.bytenet.conformance import (
    core_tables,
    engine_tables,
    run_conformance,
    sample,
    sequences,
)
from neurocomp.models.bytenet.convert import HASHED_STEP, build, restore
from neurocomp.models.bytenet.glr import GLR, GLRConfig
from neurocomp.models.bytenet.network import Network
from neurocomp.models.bytenet.parts import read_parts
from neurocomp.models.hub.convert import convert_checkpoint
from neurocomp.store.stored import StoredModel


def write_checkpoint(folder: Path, network: GLR) -> None:
    shape = network.config
    settings = {
        "model_type": "glr",
        "width": shape.width,
        "num_blocks": shape.num_blocks,
        "context": shape.context,
        "expansion": shape.expansion,
        "hashed": shape.hashed,
    }
    (folder / "config.json").write_text(json.dumps(settings))
    save_file(
        {k: v.contiguous() for k, v in network.state_dict().items()}, folder / "model.safetensors"
    )


HASHED = {"2": 8, "4": 10}


def make_network(hashed: dict[str, int]) -> GLR:
    torch.manual_seed(3)
    config = GLRConfig(width=32, num_blocks=2, context=4, expansion=2, hashed=hashed)
    network = GLR(config)
    torch.nn.init.normal_(network.head.weight, std=0.3)
    if config.hashed:
        torch.nn.init.normal_(network.hashed, std=0.05)
    return network


@pytest.fixture(params=[{}, HASHED], ids=["plain", "hashed"])
def network(request: pytest.FixtureRequest) -> GLR:
    return make_network(request.param)


@pytest.mark.parametrize("width", [4, 36, 100])
def test_the_core_computes_what_the_engine_does(width: int) -> None:
    """Networks of widths that leave registers half full, with tables or none."""
    hashed = {"2": 4} if width == 36 else {}
    torch.manual_seed(width)
    glr = GLR(GLRConfig(width=width, num_blocks=2, context=3, expansion=1, hashed=hashed))
    torch.nn.init.normal_(glr.head.weight, std=0.3)
    weights = {name: one.detach().numpy() for name, one in glr.state_dict().items()}
    model = NetworkModel(build(weights, width, 2, 1, hashed))
    expected = engine_tables(Network(model.config, model.parts, open_engine("compiled")))
    for num_lanes, ahead in ((1, 1), (3, 1), (16, 1), (2, 7)):
        assert np.array_equal(core_tables(model.core, num_lanes, ahead), expected)


def test_the_core_and_the_compiled_route_conform() -> None:
    checks = list(run_conformance(("compiled",), "cpu"))
    assert len(checks) == 2 * (1 + 5 * len(_core.processors()))
    assert [check.name for check in checks if not check.is_expected] == []


@pytest.mark.parametrize("route", ["float32", "int8"])
def test_torch_conforms(route: str) -> None:
    assert all(check.is_expected for check in run_conformance((route,), "cpu"))


def test_integers_are_close_to_the_float_network(network: GLR, tmp_path: Path) -> None:
    write_checkpoint(tmp_path, network)
    stored = convert_checkpoint(tmp_path)
    model = NetworkModel(stored)
    if network.config.hashed:
        # The rounding of rows is the next test's.
        with torch.no_grad():
            network.hashed.copy_(torch.from_numpy(restore(stored)["hashed"]))
    tables = engine_tables(Network(model.config, model.parts, open_engine("compiled")))
    rows = torch.from_numpy(sequences().astype(np.int64))
    context = torch.full((len(rows), network.config.context), 0x1E)
    with torch.no_grad():
        logits = network(torch.cat([context, rows[:, :-1]], 1))
    expected = torch.softmax(logits.double(), -1).numpy()
    loss = (expected * np.log2(expected / (tables / TOTAL))).sum(-1).mean()
    entropy = -(expected * np.log2(expected)).sum(-1).mean()
    assert entropy < 7.9  # the network says something
    assert loss < 0.002 * entropy


@pytest.mark.parametrize("step", [0.0, 0.5, 2.5])
def test_rows_of_ngrams_are_rounded_to_their_levels(tmp_path: Path, step: float) -> None:
    network = make_network(HASHED)
    with torch.no_grad():
        network.hashed[3] = 0
        network.hashed[4, 0] = 1
    write_checkpoint(tmp_path, network)
    settings = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**settings, "hashed_step": step}))
    stored = convert_checkpoint(tmp_path)
    rows = network.hashed.detach().numpy()
    steps = (step or HASHED_STEP) * np.sqrt((rows**2).mean(axis=1, keepdims=True))
    off = np.abs(restore(stored)["hashed"] - rows)
    assert bool((off <= 0.51 * steps + 0.001).all())
    assert off.max() > 0.25 * steps.min()
    assert int(np.abs(stored.tensors["hashed.rows"][4, 0])) > 1
    for wrong in ("1", -1.0):
        (tmp_path / "config.json").write_text(json.dumps({**settings, "hashed_step": wrong}))
        with pytest.raises(FormatError, match="hashed_step"):
            convert_checkpoint(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps({**settings, "hashed_step": 0.01}))
    with pytest.raises(UnsupportedError, match="too fine"):
        convert_checkpoint(tmp_path)


def test_conversion_is_deterministic_and_names_what_is_wrong(network: GLR, tmp_path: Path) -> None:
    write_checkpoint(tmp_path, network)
    assert convert_checkpoint(tmp_path).sha256 == convert_checkpoint(tmp_path).sha256
    with torch.no_grad():
        network.embeddings[0, 0, 0] = 9.0
    write_checkpoint(tmp_path, network)
    with pytest.raises(UnsupportedError, match="embedding"):
        convert_checkpoint(tmp_path)
    settings = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**settings, "width": None}))
    with pytest.raises(FormatError, match="shape"):
        convert_checkpoint(tmp_path)


@pytest.mark.parametrize("hashed", [False, True])
def test_stored_integers_are_restored(hashed: bool) -> None:
    stored = sample(hashed=hashed)
    weights = restore(stored)
    config = RecurrentConfig.from_json(dict(stored.config))
    again = build(dict(weights), config.width, config.num_blocks, 2, config.hashed)
    assert again.config == stored.config
    for name, tensor in stored.tensors.items():
        if name.endswith("multiplier"):
            np.testing.assert_allclose(again.tensors[name], tensor, rtol=1e-6)
        elif not name.startswith("hashed"):
            assert np.array_equal(again.tensors[name], tensor), name
    assert np.array_equal(restore(again)["embeddings"], weights["embeddings"])
    if hashed:
        rows = stored.tensors["hashed.rows"] * stored.tensors["hashed.scales"][:, None]
        expected = rows * 2.0**-RESIDUAL_BITS / HASH_GAIN
        np.testing.assert_allclose(weights["hashed"], expected, rtol=1e-6)
    damaged = {**stored.tensors, "head.scale": np.zeros(2, np.int64)}
    with pytest.raises(FormatError, match="head"):
        restore(StoredModel(stored.architecture, stored.config, damaged))
    with pytest.raises(UnsupportedError, match="ngram"):
        restore(StoredModel("ngram", stored.config, stored.tensors))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("embeddings", np.full((3, 256, 48), 32000, np.int16)),
        ("blocks.0.up.weight", np.full((96, 48), 100, np.int8)),
        ("blocks.1.gates.bias", np.zeros(3, np.int32)),
        ("gate", np.full(32768, 70000, np.int32)),
        ("exp2", np.zeros(1024, np.int32)),
        ("head.multiplier", np.full(256, 1 << 60, np.int64)),
    ],
)
def test_damaged_parts_are_refused(name: str, value: np.ndarray) -> None:
    stored = sample()
    assert stored.tensors[name].shape == value.shape or name.endswith("bias")
    if name == "embeddings":
        value = value.astype(np.int32) * 1000
    damaged = StoredModel(stored.architecture, stored.config, {**stored.tensors, name: value})
    with pytest.raises(FormatError):
        NetworkModel(damaged)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hashed.rows", np.zeros((95, 48), np.int8)),
        ("hashed.scales", np.zeros(96, np.int16)),
        ("hashed.scales", np.full(96, -1, np.int16)),
        ("hashed.scales", np.full(96, 1 << 15, np.int32)),
    ],
)
def test_damaged_hashed_embeddings_are_refused(name: str, value: np.ndarray) -> None:
    stored = sample(hashed=True)
    damaged = StoredModel(stored.architecture, stored.config, {**stored.tensors, name: value})
    with pytest.raises(FormatError, match="hashed"):
        NetworkModel(damaged)


def test_hashed_embeddings_beyond_the_stream_are_refused() -> None:
    """The sum of the largest rows of all tables counts."""
    stored = sample(hashed=True)
    tables = {str(length): 1 for length in range(2, 12)}
    config = {**stored.config, "context": 11, "hashed": tables}
    tensors = {
        **stored.tensors,
        "embeddings": np.zeros((11, 256, 48), np.int16),
        "hashed.rows": np.full((20, 48), -127, np.int8),
        "hashed.scales": np.full(20, 20_000, np.int16),
    }
    NetworkModel(StoredModel(stored.architecture, config, tensors))
    tensors["hashed.scales"][:] = 32_000
    with pytest.raises(FormatError, match="beyond the stream"):
        NetworkModel(StoredModel(stored.architecture, config, tensors))


def test_a_hashed_embedding_out_of_range_is_refused(tmp_path: Path) -> None:
    network = GLR(GLRConfig(width=32, num_blocks=1, context=4, hashed={"2": 4}))
    with torch.no_grad():
        network.hashed[3, 5] = 1e6
    write_checkpoint(tmp_path, network)
    with pytest.raises(UnsupportedError, match="hashed embedding"):
        convert_checkpoint(tmp_path)


def test_the_row_of_an_ngram_is_as_written() -> None:
    """Against the definition, byte by byte, in Python's integers."""
    table, window = HashedTable(3, 9), b"end"
    value = 0
    for byte in reversed(window):
        value = (value + byte + 1) * 0x9E3779B1 % 2**32
    stored = sample(hashed=True)
    config = RecurrentConfig.from_json({**stored.config, "hashed": {"3": 9}})
    rows = np.arange(512 * 48, dtype=np.int64).reshape(512, 48) % 127
    tensors = {
        **stored.tensors,
        "hashed.rows": rows.astype(np.int8),
        "hashed.scales": np.arange(1, 513, dtype=np.int16),
    }
    parts = read_parts(config, tensors)
    assert parts.hashed.tables == (table,)
    network = Network(config, parts, open_engine("compiled"))
    found = network.hashed_sum(np.array([list(window)], np.int32))
    row = value >> 23
    assert np.array_equal(found[0], rows[row] * (row + 1))


@pytest.mark.parametrize(
    "hashed", [[], {"2": "5"}, {"2": 5.0}, {"9": 5}, {"x": 5}, {"2": True}, {"2": 99}, None]
)
def test_damaged_tables_of_hashes_are_refused(hashed: object) -> None:
    with pytest.raises(FormatError):
        RecurrentConfig.from_json({**sample().config, "hashed": hashed})


@pytest.mark.parametrize("change", [{"width": 0}, {"width": 50}, {"epsilon": "1"}, {"more": 1}])
def test_damaged_shapes_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(FormatError):
        RecurrentConfig.from_json({**sample().config, **change})
