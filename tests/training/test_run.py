"""What every training has in common, seen on the smallest one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from neurocomp.errors import UsageError
from neurocomp.training.config import OptimizerConfig, RunConfig, TrainingConfig
from neurocomp.training.loop import Result
from neurocomp.training.opening import OpenRun
from neurocomp.training.record import RunPlace, read_record
from neurocomp.training.run import Training, run_training
from neurocomp.training.task import Task


class LineTask(Task):
    """A line through points."""

    loss_unit = "squares"
    count_name = "points"
    step_size = 4
    blocks: Sequence[nn.Module] = ()

    def __init__(self, points: Tensor, opened: OpenRun) -> None:
        self.module = nn.Linear(1, 1)
        self.matrices: dict[str, int] = {}
        self.processes = opened.processes
        self._points = points

    def next_batches(self) -> Sequence[Tensor]:
        return [self._points]

    def loss(self, module: nn.Module, batch: Tensor) -> Tensor:
        return functional.mse_loss(module(batch[:, :1]), batch[:, 1:])

    def evaluate(self, module: nn.Module) -> dict[str, float]:
        return {}

    def position(self) -> dict[str, Any]:
        return {}

    def restore(self, position: dict[str, Any]) -> None:
        assert position == {}

    def describe(self, folder: Path) -> None:
        (folder / "config.json").write_text("{}")


class LineTraining(Training[Tensor, LineTask]):
    """It has what it must have, and nothing more."""

    kind = "line"
    config_class: ClassVar = TrainingConfig

    def read(self) -> Tensor:
        return torch.tensor([[0.0, 1.0], [1.0, 3.0]])

    def build(self, data: Tensor, opened: OpenRun) -> LineTask:
        return LineTask(data, opened)


class TellingTraining(LineTraining):
    """It has all of it."""

    def hashes(self, data: Tensor) -> dict[str, str]:
        return {"the points": str(float(data.sum()))}

    def remarks(self, data: Tensor) -> Sequence[str]:
        return ("few points",)

    def finish(self, data: Tensor, task: LineTask, result: Result, opened: OpenRun) -> None:
        opened.tell(f"the line is at {task.module(data[:1, :1]).item():.1f} after {result.step}")


def configured(steps: int = 200, optimizer: str = "adamw", rate: float = 0.2) -> TrainingConfig:
    run = RunConfig(steps, precision="float32", log_every=50)
    return TrainingConfig(run, {}, {}, OptimizerConfig(name=optimizer, rate=rate))


def test_two_members_are_enough(tmp_path: Path) -> None:
    place = RunPlace(tmp_path / "run", device="cpu")
    result = run_training(LineTraining(configured()), place, lambda message: None)
    assert (result.step, result.finished) == (200, True)
    record = read_record(place.output)
    assert record is not None
    assert record.data == {}


def test_what_is_told_and_in_which_order(tmp_path: Path) -> None:
    said: list[str] = []
    place = RunPlace(tmp_path / "run", device="cpu")
    run_training(TellingTraining(configured()), place, said.append)
    assert said[:2] == ["few points", "2 parameters on 1 x cpu"]
    assert said[2].startswith("step 50/200")
    assert said[-1] == "the line is at 1.0 after 200"
    (checkpoint,) = (place.output / "checkpoints").iterdir()

    again = RunPlace(tmp_path / "again", device="cpu", initial=checkpoint)
    run_training(TellingTraining(configured(1, rate=1e-6)), again, said.append)
    assert said[-1] == "the line is at 1.0 after 1", "it began where the other ended"


def test_a_run_goes_on_with_the_same_data_only(tmp_path: Path) -> None:
    run_training(LineTraining(configured(2)), RunPlace(tmp_path / "run", device="cpu"), print)
    place = RunPlace(tmp_path / "run", resume=True, device="cpu")
    with pytest.raises(UsageError, match="the points is new"):
        run_training(TellingTraining(configured(4)), place, lambda message: None)
    assert run_training(LineTraining(configured(4)), place, lambda message: None).step == 4


def test_muon_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    place = RunPlace(tmp_path / "run", device="cpu", sharding="fsdp")
    with pytest.raises(UsageError, match="Muon needs whole matrices"):
        run_training(LineTraining(configured(optimizer="muon")), place, lambda message: None)
    assert not place.output.exists()
