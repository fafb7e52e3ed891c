"""OLMo 2: norms of outputs, and of all heads as one."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file, save_file

from neurocomp.errors import FormatError, UnsupportedError
from neurocomp.models.hub.convert import convert_checkpoint
from neurocomp.models.transformer import TransformerModel
from neurocomp.models.transformer.config import TransformerConfig
from neurocomp.models.transformer.conformance import outputs_sample
from tests.models.transformer.gguf_files import write_gguf
from tests.models.transformer.llamas import relative_loss, write_llama
from tests.symbols.vocabulary import END


def test_a_gguf_file_of_olmo(tmp_path: Path) -> None:
    pytest.importorskip("gguf", reason="the package gguf is not installed")
    folder = write_llama(tmp_path / "olmo2", "olmo2", bos_token_id=None)
    path = write_gguf(tmp_path / "model.gguf", folder)
    stored = convert_checkpoint(path)
    assert stored.config["start_symbol"] == END, "the end is what documents begin after"
    assert json.loads(stored.tensors["tokenizer"].tobytes())["rule"] == "triples"
    write_gguf(path, folder, sliding_window=16)
    with pytest.raises(UnsupportedError, match="sliding windows"):
        convert_checkpoint(path)


@pytest.mark.parametrize(
    "name", ["attention_out_norm.gain", "inner_out_norm.scale", "query_norm.gain", "key_norm.scale"]
)
def test_a_missing_norm_is_an_error(name: str) -> None:
    sample = outputs_sample()
    TransformerModel(sample)
    tensors = dict(sample.tensors)
    part = tensors.pop(f"blocks.1.{name}")
    with pytest.raises(FormatError, match=name):
        TransformerModel(dataclasses.replace(sample, tensors=tensors))
    tensors[f"blocks.1.{name}"] = part[:-1]
    with pytest.raises(FormatError, match=name):
        TransformerModel(dataclasses.replace(sample, tensors=tensors))


@pytest.mark.parametrize(
    "changes",
    [
        {"norms_heads": False},
        {"norms_together": 1},
        {"norms_together": False},
        {"norms_outputs": False},
        {"sinks": 0},
    ],
)
def test_norms_that_do_not_go_together_are_an_error(changes: dict[str, Any]) -> None:
    sample = outputs_sample()
    with pytest.raises(FormatError):
        TransformerModel(dataclasses.replace(sample, config={**sample.config, **changes}))


def test_norms_of_too_many_heads_are_an_error() -> None:
    config = {**outputs_sample().config, "num_heads": 344, "num_key_heads": 2}
    with pytest.raises(FormatError, match="all heads"):
        TransformerConfig.from_json(config)


@pytest.mark.parametrize("width", [1e5, 1e-7])
def test_scales_that_are_out_of_range_are_named(width: float, tmp_path: Path) -> None:
    """Outputs that are large or small have units of their own; norms that are too large do not."""
    folder = write_llama(tmp_path, "olmo2")
    scale_tensors(folder, "post_attention_layernorm", width)
    if width > 1:
        with pytest.raises(UnsupportedError, match="norm 'blocks"):
            convert_checkpoint(folder)
    else:
        assert 0 <= relative_loss(folder, convert_checkpoint(folder)) < 0.01


@pytest.mark.parametrize("factor", [1 / 64, 64.0])
@pytest.mark.parametrize("part", ["o_proj", "down_proj", "v_proj", "q_proj"])
def test_outputs_of_any_size_are_near_their_floats(
    part: str, factor: float, tmp_path: Path
) -> None:
    folder = write_llama(tmp_path, "olmo2-tied", rms_norm_eps=1e-6)
    scale_tensors(folder, part, factor)
    assert 0 <= relative_loss(folder, convert_checkpoint(folder)) < 0.008


def scale_tensors(folder: Path, part: str, factor: float) -> None:
    path = folder / "model.safetensors"
    tensors = load_file(path)
    changed = {name: one * factor if part in name else one for name, one in tensors.items()}
    save_file(changed, path, metadata={"format": "pt"})
