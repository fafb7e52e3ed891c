"""A run that diverges ends as a failure, and leaves only what is sound."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from neurocomp.cli.entry import run
from neurocomp.errors import TrainingError
from neurocomp.models.text.task import TextTask
from neurocomp.training.log import LOG_NAME
from neurocomp.training.loop import Trainer
from neurocomp.training.optim import set_rates
from neurocomp.training.plot import plot_run
from tests.training.runs import go_on, steps_of, tiny_config, train, write_data


def strict(folder: Path) -> list[dict[str, Any]]:
    """Read the log as parsers do that know JSON only."""

    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is not JSON")

    lines = (folder / LOG_NAME).read_text().splitlines()
    return [json.loads(line, parse_constant=refuse) for line in lines]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "checkpoints").iterdir())


@pytest.mark.parametrize("factor", [float("nan"), float("inf")])
def test_a_loss_that_is_not_finite(
    four: Path, monkeypatch: pytest.MonkeyPatch, factor: float
) -> None:
    loss = TextTask.loss
    monkeypatch.setattr(TextTask, "loss", lambda *values: loss(*values) * factor)
    last = four / "checkpoints" / "step-00000004"
    with pytest.raises(TrainingError, match=f"the last sound checkpoint is {last}: lower the"):
        go_on(four, 8)
    assert names(four) == ["step-00000002", "step-00000004"]
    events = strict(four)
    assert events[-2] == events[-2] | {"event": "step", "step": 5, "loss": None}
    assert events[-1]["event"] == "diverged"
    plot_run(four)
    monkeypatch.undo()
    result, said = go_on(four, 8)
    assert "resuming at step 4" in said
    assert result.finished
    assert [step for step, _, _ in steps_of(four)] == list(range(1, 9))


def test_a_loss_between_two_lines_of_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The checkpoint does not wait for the log to say that the run has diverged."""
    data = write_data(tmp_path / "data")
    advance = Trainer._advance

    def break_one(self: Trainer) -> Any:
        loss, norm = advance(self)
        if self._step == 3:
            self._is_finite &= torch.tensor(float("nan")).isfinite()
        return loss, norm

    monkeypatch.setattr(Trainer, "_advance", break_one)
    config = tiny_config(8, log_every=100, checkpoint_every=2, keep=1)
    with pytest.raises(TrainingError, match=r"not finite at step 4.*is .*step-00000002"):
        train(config, data, tmp_path / "run")
    assert names(tmp_path / "run") == ["step-00000002"]


@pytest.mark.parametrize(("rate", "what"), [(float("inf"), "is not finite"), (1e30, "the loss")])
def test_weights_of_the_last_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rate: float, what: str
) -> None:
    """The loss of a step is that of the weights before it."""
    data = write_data(tmp_path / "data")

    def explode(optimizers: list[torch.optim.Optimizer], factor: float) -> None:
        set_rates(optimizers, rate)

    monkeypatch.setattr("neurocomp.training.loop.set_rates", explode)
    monkeypatch.setattr(TextTask, "evaluate", lambda *values: {})
    with pytest.raises(TrainingError, match=f"{what}.* at step 1: .* has no sound checkpoint"):
        train(tiny_config(1, "adamw"), data, tmp_path / "run")
    assert not (tmp_path / "run" / "checkpoints").exists()


def test_momenta(four: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    advance = Trainer._advance

    def break_one(self: Trainer) -> Any:
        found = advance(self)
        if self._step == 5:
            state = next(iter(self._optimizers[-1].state.values()))
            state["exp_avg"].view(-1)[0] = float("inf")
            for group in self._optimizers[-1].param_groups:
                group["highest_lr"] = 0.0
        return found

    monkeypatch.setattr(Trainer, "_advance", break_one)
    with pytest.raises(TrainingError, match=r"is not finite at step"):
        go_on(four, 8)
    assert names(four) == ["step-00000002", "step-00000004"]
    momenta = load_file(four / "checkpoints" / "step-00000004" / "optimizer.safetensors")
    assert all(bool(one.isfinite().all()) for one in momenta.values())


def test_a_measure(four: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TextTask, "evaluate", lambda *values: {"prose": float("inf")})
    with pytest.raises(TrainingError, match=r"the measure prose is inf at step 5"):
        go_on(four, 5)
    assert names(four) == ["step-00000002", "step-00000004"]
    units = {"prose": "bits per byte"}
    expected = {"event": "validation", "step": 5, "metrics": {"prose": None}, "units": units}
    assert expected in strict(four)


def test_the_command_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = [str(path) for path in write_data(tmp_path / "data")]
    config = tmp_path / "wild.toml"
    config.write_text(
        "[run]\nsteps = 40\nmicro_batch = 2\n[model]\nwidth = 16\nnum_blocks = 1\n"
        "[data]\nwindow = 64\nbatch = 2\nvalidation_pieces = 1\nvalidation_length = 64\n"
        "[optimizer]\nrate = 1e30\n"
    )
    place = ["-o", str(tmp_path / "run"), "--cache", str(tmp_path / "cache"), "--device", "cpu"]
    assert run(["train", "text", *data, "--config", str(config), *place]) == 1
    said = capsys.readouterr().err
    assert "the run has diverged" in said
    assert "no sound checkpoint" in said
    assert not (tmp_path / "run" / "checkpoints").exists()
    strict(tmp_path / "run")
