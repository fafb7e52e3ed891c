"""Every GPT-2 size, in its full shape with random weights, is converted and codes a text."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from neurocomp import compress, decompress
from neurocomp.models.hub.convert import convert_checkpoint
from neurocomp.store.stored import StoredModel
from tests.models.transformer.sizes import NUM_PARAMETERS, SIZES, shapes, write_size

TEXT = b"the inner\r\n\0\xff"


@pytest.mark.parametrize("name", sorted(SIZES))
def test_a_size_has_the_published_number_of_parameters(name: str) -> None:
    assert sum(int(np.prod(s)) for s in shapes(SIZES[name]).values()) == NUM_PARAMETERS[name]


@pytest.mark.slow
@pytest.mark.parametrize("name", list(SIZES))
def test_a_size_round_trips_a_text(name: str, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    try:
        write_size(tmp_path / name, name)
        convert_checkpoint(tmp_path / name).save(path)
        shutil.rmtree(tmp_path / name)
        config = StoredModel.load(path).config
        assert config["num_layers"] == SIZES[name].num_blocks
        frame = compress(TEXT, model=str(path))
        assert decompress(frame, model_path=(path,)) == TEXT
    finally:
        # pytest keeps folders of some runs, and these are of gigabytes.
        shutil.rmtree(tmp_path / name, ignore_errors=True)
        path.unlink(missing_ok=True)
