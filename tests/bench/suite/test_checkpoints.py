"""A checkpoint takes part as its exact model, and its bits are counted per token."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import neurocomp
from neurocomp.bench.suite.checkpoints import exact_model, is_checkpoint
from neurocomp.bench.suite.contenders import of_neurocomp, resolve
from neurocomp.bench.suite.frame_facts import facts_of
from neurocomp.bench.suite.rows import State
from neurocomp.bench.suite.trial import try_once
from tests.bench.suite.programs import content
from tests.conftest import make_text
from tests.golden.cases import PRIOR, token_set


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
    [one], _ = resolve([], of_suite=["neurocomp -m tiny"], folder=tmp_path, converted=model.parent)
    assert one.name == "neurocomp -m tiny"
    assert one.decompress == of_neurocomp(f"-m {model}").decompress
    before = of_neurocomp(f"-m {model}")
    assert before.decompress.words[-6:-4] == ("--model-path", str(model))
    model.write_bytes(model.read_bytes()[:-1] + b"\0")
    assert of_neurocomp(f"-m {model}").flags != before.flags


def test_a_prior_of_ones_own_beside_a_suite(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    shutil.copy(PRIOR, run / "prior.safetensors")
    wanted = ["neurocomp -m dalle:run --coder huffman", "neurocomp -m mix"]
    [prior, mix], _ = resolve([], of_suite=wanted, folder=tmp_path)
    assert (prior.name, mix.name) == tuple(wanted)
    assert prior.compress.words[4:8] == ("-m", f"dalle:{run}", "--coder", "huffman")
    assert prior.decompress.words[4:6] == ("--model-path", str(run / "prior.safetensors"))
    tokens = content("x", token_set(200, captions=True, images=True), ".tokens")
    trial = try_once(prior, tokens, 1, 60, tmp_path)
    assert trial.state is State.OK, trial.message
    before = prior.flags
    with (run / "prior.safetensors").open("ab") as file:
        file.write(b"more")
    [prior, _], _ = resolve([], of_suite=wanted, folder=tmp_path)
    assert prior.flags != before


def test_paths_of_the_command_line_are_the_shells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "m.safetensors").write_text(name)
    monkeypatch.chdir(tmp_path / "here")
    flags = "neurocomp -m m.safetensors --dict no.safetensors --model-path ."
    [one], _ = resolve([flags], folder=tmp_path / "there")
    [other], _ = resolve([], of_suite=[flags], folder=tmp_path / "there")
    assert one.compress.words[4:6] == ("-m", "m.safetensors")
    assert other.compress.words[4:10] == (
        *("-m", str(tmp_path / "there" / "m.safetensors"), "--dict", "no.safetensors"),
        *("--model-path", str(tmp_path / "there")),
    )
