"""The numbers of a run in TensorBoard's files, as its own reader reads them."""

from __future__ import annotations

from pathlib import Path

import pytest

from neurocomp import extras
from neurocomp.errors import MissingPackageError
from neurocomp.training.board import BOARD_NAME
from neurocomp.training.log import read_log
from tests.training.runs import go_on, steps_of, tiny_config, train, write_data


def curve(run: Path, tag: str) -> dict[int, float]:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    found = EventAccumulator(str(run / BOARD_NAME))
    found.Reload()
    return {one.step: one.value for one in found.Scalars(tag)}


def test_a_run_that_goes_on(tmp_path: Path) -> None:
    """Losses and measures are those of the log, also where steps were done twice."""
    run = tmp_path / "run"
    config = tiny_config(4, checkpoint_every=2, validate_every=2)
    train(config, write_data(tmp_path / "data"), run, tensorboard=True)
    newest = run / "checkpoints" / "step-00000004"
    (newest / "state.json").write_text("{")  # damaged: the run goes on after step 2
    go_on(run, 6, tensorboard=True)
    losses = {step: pytest.approx(loss, rel=1e-6) for step, loss, _ in steps_of(run)}
    assert curve(run, "loss/training (bits per byte)") == losses
    measured = {
        event["step"]: pytest.approx(event["metrics"]["prose"], rel=1e-6)
        for event in read_log(run)
        if event["event"] == "validation"
    }
    assert curve(run, "validation/prose (bits per byte)") == measured
    assert set(measured) == {2, 6}, "step 4 was done again, and is not validated in the second run"
    rates = curve(run, "training/rate")
    assert rates[6] < rates[3] <= 1


def test_without_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "has", lambda module: module != "tensorboard")
    with pytest.raises(MissingPackageError, match=r"--tensorboard needs .* 'neurocomp\[tensorbo"):
        train(tiny_config(2), write_data(tmp_path / "data"), tmp_path / "run", tensorboard=True)
