"""Autoencoders and priors are trained as safely as networks of text."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from neurocomp.errors import TrainingError, UsageError
from neurocomp.models.dalle.training.prior_data import split_tokens
from neurocomp.models.dalle.training.prior_task import PriorTask
from neurocomp.models.dalle.training.train_prior import PRIOR_NAME, PriorTraining, export_prior
from neurocomp.models.dalle.training.train_vae import VaeTraining
from neurocomp.models.dalle.training.vae_task import VaeTask
from neurocomp.training.opening import locked
from neurocomp.training.record import RunPlace
from neurocomp.training.run import run_training
from tests.models.dalle import blocks, test_autoencoders
from tests.training.runs import steps_of

Said = list[str]


def train_tiny_prior(folder: Path, steps: int, *, tokens: Any = None, **place: Any) -> Said:
    config = blocks.tiny_config(steps, checkpoint_every=2, precision="float32")
    if "batch" in place:
        data = dataclasses.replace(config.data, batch=place.pop("batch"))
        config = dataclasses.replace(config, data=data)
    said: Said = []
    where = RunPlace(folder, device="cpu", **place)
    run_training(PriorTraining(config, tokens or blocks.blocks(90)), where, said.append)
    return said


def train_tiny_vae(folder: Path, steps: int, model: Any = None, **options: Any) -> Said:
    place = {name: options.pop(name) for name in ("resume", "accept_changes") if name in options}
    loss = {"revive_every": 2, "revive_until": 1.0}
    config = test_autoencoders.tiny_config(
        steps, model=model, loss=loss, precision="float32", **{"checkpoint_every": 2, **options}
    )
    said: Said = []
    where = RunPlace(folder, device="cpu", **place)
    run_training(VaeTraining(config, test_autoencoders.squares()), where, said.append)
    return said


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "checkpoints").iterdir())


def test_a_prior_goes_on_from_what_is_sound(tmp_path: Path) -> None:
    run = tmp_path / "run"
    train_tiny_prior(run, 4)
    expected, form = steps_of(run), (run / PRIOR_NAME).read_bytes()
    checkpoints = run / "checkpoints"
    shutil.copytree(checkpoints / "step-00000004", checkpoints / "step-best")
    newest = checkpoints / "step-00000004"
    (newest / "tokenizer.json").write_bytes(b"{}")
    said = train_tiny_prior(run, 4, resume=True)
    assert any("step-00000004/tokenizer.json is damaged" in one for one in said)
    assert "resuming at step 2" in said
    assert steps_of(run) == expected
    assert names(run) == ["step-00000002", "step-00000004", "step-00000004.old-1", "step-best"]
    assert (run / PRIOR_NAME).read_bytes() == form
    # Its exact form is that of the newest sound one too.
    (newest / "model.safetensors").write_bytes(b"")
    assert export_prior(run).read_bytes() != form


def test_a_prior_of_other_data_or_settings(tmp_path: Path) -> None:
    run = tmp_path / "run"
    train_tiny_prior(run, 2)
    with pytest.raises(UsageError, match=r"data\.batch was 32, is 64"):
        train_tiny_prior(run, 4, resume=True, batch=64)
    with pytest.raises(UsageError, match="the token set has changed"):
        train_tiny_prior(run, 4, resume=True, tokens=blocks.blocks(90, 5))
    with locked(run), pytest.raises(TrainingError, match="is being trained by process"):
        train_tiny_prior(run, 4, resume=True)
    with pytest.raises(UsageError, match="has no run to resume"):
        train_tiny_prior(tmp_path / "nothing", 4, resume=True)
    said = train_tiny_prior(run, 2, resume=True)
    assert any("the run is finished: 2 steps of 2 are done" in one for one in said)


def test_an_autoencoder_of_other_settings(tmp_path: Path) -> None:
    run = tmp_path / "run"
    train_tiny_vae(run, 2)
    with pytest.raises(UsageError, match=r"model\.width was 16, is 32"):
        train_tiny_vae(run, 4, {"width": 32}, resume=True)
    with pytest.raises(UsageError, match=r"run\.seed was 0, is 3"):
        train_tiny_vae(run, 4, resume=True, seed=3)
    said = train_tiny_vae(run, 4, resume=True, keep=1, log_every=2)
    assert "changed: run.keep was 2, is 1" in said
    assert names(run) == ["step-00000004"]
    record = json.loads((run / "run.json").read_text())
    assert record["kind"] == "VaeTrainingConfig"
    assert set(record["data"]) == {"the images", "held-out data"}


@pytest.mark.parametrize("model", [{"kind": "dvae"}, {"kind": "vqvae"}], ids=["dvae", "vqvae"])
def test_checkpoints_change_nothing(tmp_path: Path, model: dict[str, Any]) -> None:
    """Whether weights are good to go on from is tried out; what networks count stays as it was."""
    for name, every in (("often", 1), ("once", 100)):
        train_tiny_vae(tmp_path / name, 5, model, checkpoint_every=every)
    assert steps_of(tmp_path / "often") == steps_of(tmp_path / "once")
    files = [
        tmp_path / name / "checkpoints" / "step-00000005" / "model.safetensors"
        for name in ("often", "once")
    ]
    assert files[0].read_bytes() == files[1].read_bytes()


@pytest.mark.parametrize("task", [VaeTask, PriorTask])
def test_a_run_that_diverges(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, task: type[VaeTask | PriorTask]
) -> None:
    train = train_tiny_vae if task is VaeTask else train_tiny_prior
    run = tmp_path / "run"
    train(run, 2)
    written = {path: path.read_bytes() for path in run.rglob("*.safetensors")}
    loss = task.loss
    monkeypatch.setattr(task, "loss", lambda *values: loss(*values) * float("nan"))
    last = run / "checkpoints" / "step-00000002"
    with pytest.raises(TrainingError, match=f"the last sound checkpoint is {last}"):
        train(run, 4, resume=True)
    assert {path: path.read_bytes() for path in run.rglob("*.safetensors")} == written
    assert names(run) == [last.name]


def test_nothing_to_validate_on(tmp_path: Path) -> None:
    config = test_autoencoders.tiny_config(1)
    data = dataclasses.replace(config.data, training_share=1.0)
    said: Said = []
    place = RunPlace(tmp_path / "run", device="cpu")
    images = test_autoencoders.squares()
    training = VaeTraining(dataclasses.replace(config, data=data), images)
    run_training(training, place, said.append)
    assert any("nothing is validated" in one for one in said)
    assert not any(one.endswith("validation: ") for one in said)


def test_the_seed_may_be_large(tmp_path: Path) -> None:
    train_tiny_vae(tmp_path / "run", 3, seed=(1 << 63) - 1)
    assert np.isfinite([loss for _, loss, _ in steps_of(tmp_path / "run")]).all()
    assert torch.initial_seed() > 0


def test_a_training_without_validation_says_so_before_its_first_step(tmp_path: Path) -> None:
    config = test_autoencoders.tiny_config(1, precision="float32")
    everything = dataclasses.replace(config.data, training_share=1.0)
    images = VaeTraining(dataclasses.replace(config, data=everything), test_autoencoders.squares())
    said: Said = []
    run_training(images, RunPlace(tmp_path / "vae", device="cpu"), said.append)
    assert said[0].startswith("warning: no images are held out, so that nothing is validated")
    assert '"validation"' not in (tmp_path / "vae" / "log.jsonl").read_text()

    # The tokens of a part are all trained on by the same share of the same hash.
    part = split_tokens(blocks.blocks(200), 0.9)[0]
    said = train_tiny_prior(tmp_path / "prior", 1, tokens=part)
    assert "give --held-out a token file (of 'tokenize --part held-out'" in said[0]
    assert [one for one in said if one.startswith("step 1/1")]
