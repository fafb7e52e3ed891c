"""Checkpoints in the shapes of all GPT-2 sizes, random, written tensor by tensor."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neurocomp.models.transformer.torch_gpt2 import STANDARD_DEVIATION, GPT2Config
from tests.symbols.vocabulary import END, fields

ALPHABET_SIZE = 50_257
SIZES = {
    "gpt2": GPT2Config(768, 12, 12),
    "gpt2-medium": GPT2Config(1024, 24, 16),
    "gpt2-large": GPT2Config(1280, 36, 20),
    "gpt2-xl": GPT2Config(1600, 48, 25),
}
NUM_PARAMETERS = {
    "gpt2": 124_439_808,
    "gpt2-medium": 354_823_168,
    "gpt2-large": 774_030_080,
    "gpt2-xl": 1_557_611_200,
}
"""Of the published checkpoints."""


def shapes(config: GPT2Config) -> dict[str, tuple[int, ...]]:
    """Return the shape of every tensor of a checkpoint by its name."""
    width = config.width
    found: dict[str, tuple[int, ...]] = {
        "wte.weight": (ALPHABET_SIZE, width),
        "wpe.weight": (config.num_positions, width),
    }
    layers = {
        "attn.c_attn": (1, 3),
        "attn.c_proj": (1, 1),
        "mlp.c_fc": (1, 4),
        "mlp.c_proj": (4, 1),
    }
    for index in range(config.num_blocks):
        for name, (inputs, outputs) in layers.items():
            found[f"h.{index}.{name}.weight"] = (inputs * width, outputs * width)
            found[f"h.{index}.{name}.bias"] = (outputs * width,)
        for name in ("ln_1", "ln_2"):
            found |= {f"h.{index}.{name}.{part}": (width,) for part in ("weight", "bias")}
    return found | {"ln_f.weight": (width,), "ln_f.bias": (width,)}


def write_size(folder: Path, name: str) -> None:
    """Write a random float16 checkpoint; memory holds one tensor at a time."""
    config = SIZES[name]
    folder.mkdir(parents=True)
    form = config.published_form(ALPHABET_SIZE, END)
    (folder / "config.json").write_text(json.dumps(form), encoding="utf-8")
    vocabulary = fields()
    (folder / "vocab.json").write_text(json.dumps(vocabulary["vocab"]), encoding="utf-8")
    merges = "\n".join(["#version: 0.2", *vocabulary["merges"], ""])
    (folder / "merges.txt").write_text(merges, encoding="utf-8")
    header, end = {}, 0
    for tensor, shape in shapes(config).items():
        begin, end = end, end + 2 * int(np.prod(shape))
        header[tensor] = {"dtype": "F16", "shape": shape, "data_offsets": [begin, end]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with (folder / "model.safetensors").open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for values in _random_tensors(config):
            file.write(values.tobytes())


def _random_tensors(config: GPT2Config) -> Iterator[NDArray[np.float16]]:
    random = np.random.default_rng(config.width)
    for name, shape in shapes(config).items():
        values = random.standard_normal(shape, np.float32) * STANDARD_DEVIATION
        is_gain = ".ln_" in f".{name}" and name.endswith("weight")
        yield (values + is_gain).astype(np.float16)
