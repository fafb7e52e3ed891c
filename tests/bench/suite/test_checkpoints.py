"""A checkpoint takes part as its exact model, and its bits are counted per token."""

from __future__ import annotations

from pathlib import Path

import pytest

import neurocomp
from neurocomp.bench.suite.checkpoints import exact_model, is_checkpoint
from neurocomp.bench.suite.contenders import of_neurocomp
from neurocomp.bench.suite.frame_facts import facts_of
from tests.conftest import make_text


def test_a_gpt2_of_ones_own(tmp_path: Path) -> None:
    for module in ("torch", "transformers", "tokenizers"):
        pytest.importorskip(module)
    from tests.models.transformer.checkpoints import write_checkpoint

    folder = write_checkpoint(tmp_path / "tiny")
    assert is_checkpoint(str(folder))
    assert not is_checkpoint("gpt2")
    model = exact_model(folder, tmp_path / "models")
    assert exact_model(folder, tmp_path / "models") == model
    assert [path.name for path in model.parent.iterdir()] == [model.name]
    assert model.name.startswith("tiny-")

    text = make_text(400)
    frame = tmp_path / "a.ncmp"
    frame.write_bytes(neurocomp.compress(text, model=str(model)))
    assert neurocomp.decompress(frame.read_bytes(), model_path=(model.parent,)) == text
    facts = facts_of(frame, [str(model.parent)])
    if facts.num_tokens:  # an untrained network may leave the block to contexts
        assert facts.model_bytes == model.stat().st_size
        assert facts.num_tokens <= len(text)
    before = of_neurocomp(f"-m {model}")
    assert before.decompress.words[-6:-4] == ("--model-path", str(model))
    model.write_bytes(model.read_bytes()[:-1] + b"\0")
    assert of_neurocomp(f"-m {model}").flags != before.flags
