"""Checkpoints whose training went astray are refused with the tensor's name and what is wrong."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from neurocomp.errors import FormatError, UnsupportedError
from neurocomp.models.bytenet.convert import build
from neurocomp.models.hub.convert import convert_checkpoint
from neurocomp.store.checkpoints import require_sound
from tests.models.transformer.checkpoints import write_checkpoint

VALUES = [
    (float("nan"), "has NaN weights"),
    (float("inf"), "has infinite weights"),
    (float("-inf"), "has infinite weights"),
    (3e30, "has a weight of 3e.30, which is too large"),
    (-3e7, "has a weight of 3e.07, which is too large"),
]


@pytest.fixture(scope="module")
def gpt2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_checkpoint(tmp_path_factory.mktemp("gpt2"))


@pytest.mark.parametrize(("value", "message"), VALUES)
def test_weights_of_a_transformer(gpt2: Path, tmp_path: Path, value: float, message: str) -> None:
    folder = shutil.copytree(gpt2, tmp_path / "folder")
    weights = load_file(folder / "model.safetensors")
    name = "transformer.h.1.mlp.c_fc.weight"
    weights[name] = weights[name].copy()
    weights[name][3, 5] = value
    save_file(weights, folder / "model.safetensors")
    with pytest.raises(FormatError, match=message) as caught:
        convert_checkpoint(folder)
    assert name in str(caught.value)


@pytest.mark.parametrize(("value", "message"), VALUES)
def test_weights_of_a_network(tmp_path: Path, value: float, message: str) -> None:
    weights = {"embeddings": np.zeros((2, 256, 8), np.float32), "odd\n": np.ones(3, np.float32)}
    weights["odd\n"][1] = value
    save_file(weights, tmp_path / "model.safetensors")
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "glr"}))
    with pytest.raises(FormatError, match=message) as caught:
        convert_checkpoint(tmp_path)
    assert r"tensor 'odd\n'" in str(caught.value)


def test_values_of_all_types_are_looked_at() -> None:
    for dtype in (np.float16, np.float32, np.float64):
        tensor = np.zeros((1 << 10, 1 << 11), dtype)
        require_sound(Path("run"), "x", tensor)
        tensor[-1, -1] = np.nan
        with pytest.raises(FormatError, match="NaN"):
            require_sound(Path("run"), "x", tensor)
    require_sound(Path("run"), "x", np.full(3, 1 << 30))
    require_sound(Path("run"), "x", np.zeros((0, 3), np.float32))


def test_a_layer_out_of_the_range_of_integers_is_named() -> None:
    width = 8
    weights: dict[str, Any] = {"embeddings": np.zeros((2, 256, width), np.float32)}
    for name, shape in (("gates", (3 * width, width)), ("out", (width, width))):
        weights[f"blocks.0.{name}.weight"] = np.ones(shape, np.float32)
    weights["blocks.0.out.weight"] *= 1e20
    with pytest.raises(UnsupportedError, match=r"layer 'blocks\.0\.out'.* reach 1e\+20"):
        build(weights, width, 1, 2)
