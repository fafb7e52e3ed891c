"""The loop learns, and an interruption changes nothing."""

from __future__ import annotations

import dataclasses
import errno
import json
import os
import shutil
import signal
from pathlib import Path

import click
import pytest
from safetensors.numpy import load_file

from neurocomp.cli.run_options import end
from neurocomp.errors import FormatError, ModelMismatchError, TrainingError, UsageError
from neurocomp.models.bytenet.glr import GLRConfig
from neurocomp.models.bytenet.model import WEIGHTS
from neurocomp.models.text.task import TextTask
from neurocomp.models.text.train import ByteTraining, TextFiles
from neurocomp.store.headers import ModelHeader
from neurocomp.training.interrupt import stop_requests
from neurocomp.training.log import RunLog, read_log
from neurocomp.training.loop import Result, Trainer
from neurocomp.training.record import RunPlace
from neurocomp.training.run import run_training
from tests.training.runs import steps_of, tiny_config, train, write_data


def test_it_learns_generated_text(tmp_path: Path) -> None:
    data = write_data(tmp_path / "data")
    result = train(tiny_config(steps=50, validate_every=25), data, tmp_path / "run")
    assert result.finished
    # Nine random digits and a line end: log2(10) * 8/9 bits at best; the words have about 1.
    assert 2.95 < result.metrics["records"] < 3.7
    assert result.metrics["prose"] < 2.5
    events = read_log(tmp_path / "run")
    assert [e["step"] for e in events if e["event"] == "validation"] == [25, 50]
    assert (tmp_path / "run" / "loss.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_resuming_repeats_the_losses_bit_for_bit(tmp_path: Path, optimizer: str) -> None:
    data = write_data(tmp_path / "data")
    config = tiny_config(8, optimizer, checkpoint_every=3)
    train(config, data, tmp_path / "whole")
    expected = steps_of(tmp_path / "whole")
    assert [step for step, _, _ in expected] == list(range(1, 9))

    run = tmp_path / "parts"
    train(config, data, run)
    checkpoints = sorted((run / "checkpoints").iterdir())
    assert [path.name for path in checkpoints] == ["step-00000006", "step-00000008"]
    for file in checkpoints[-1].iterdir():
        file.unlink()
    checkpoints[-1].rmdir()
    (run / "log.jsonl").unlink()
    RunLog(run).write("begun", 0)
    assert train(config, data, run, resume=True).finished
    assert steps_of(run) == expected[6:]
    for name in ("model.safetensors", "optimizer.safetensors"):
        parts = [tmp_path / f / "checkpoints" / "step-00000008" / name for f in ("whole", "parts")]
        assert parts[0].read_bytes() == parts[1].read_bytes()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_a_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    data = write_data(tmp_path / "data")
    config = tiny_config(8)
    train(config, data, tmp_path / "whole")

    write_step = Trainer._write_step

    def interrupt(self: Trainer, loss: float, norm: float, seconds: float) -> None:
        write_step(self, loss, norm, seconds)
        if self._step == 4:
            os.kill(os.getpid(), number)

    monkeypatch.setattr(Trainer, "_write_step", interrupt)
    result = train(config, data, tmp_path / "run")
    assert (result.step, result.finished, result.signal) == (5, False, number)
    monkeypatch.undo()
    assert train(config, data, tmp_path / "run", resume=True).finished
    assert steps_of(tmp_path / "run") == steps_of(tmp_path / "whole")


def test_a_signal_that_is_ignored_stays_ignored() -> None:
    """As a hang-up is under nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stop_requests() as asked:
            os.kill(os.getpid(), signal.SIGHUP)
            assert asked() == 0
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_terminal_that_is_gone_stops_no_training(tmp_path: Path) -> None:
    data = write_data(tmp_path / "data")

    def hung_up(message: str) -> None:
        if message.startswith("step"):
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    files = TextFiles(data, cache=tmp_path / "cache")
    place = RunPlace(tmp_path / "run", device="cpu")
    assert run_training(ByteTraining(tiny_config(2), files), place, hung_up).finished
    assert len(steps_of(tmp_path / "run")) == 2


@pytest.mark.parametrize("number", [0, signal.SIGINT, signal.SIGTERM])
def test_a_stopped_run_exits_by_its_signal(tmp_path: Path, number: int) -> None:
    end(Result(8, True, {}), tmp_path)
    with pytest.raises(click.exceptions.Exit) as stopped:
        end(Result(5, False, {}, number), tmp_path)
    # 0: another process of the training was asked.
    assert stopped.value.exit_code == {0: 130, signal.SIGINT: 130, signal.SIGTERM: 143}[number]


def test_micro_batches_add_up(tmp_path: Path) -> None:
    data = write_data(tmp_path / "data")
    for size in (2, 8):
        config = tiny_config(4, "adamw", micro_batch=size, precision="float32")
        train(config, data, tmp_path / str(size))
    for small, large in zip(steps_of(tmp_path / "2"), steps_of(tmp_path / "8"), strict=True):
        assert small == pytest.approx(large, rel=1e-4)


def test_bfloat16_is_nearly_as_good(tmp_path: Path) -> None:
    data = write_data(tmp_path / "data")
    for precision in ("float32", "bfloat16"):
        train(tiny_config(4, precision=precision), data, tmp_path / precision)
    exact, rounded = (steps_of(tmp_path / name) for name in ("float32", "bfloat16"))
    assert rounded != exact
    for left, right in zip(exact, rounded, strict=True):
        assert left[1] == pytest.approx(right[1], rel=0.02)


def test_starting_from_a_checkpoint(tmp_path: Path) -> None:
    data = write_data(tmp_path / "data")
    train(tiny_config(30), data, tmp_path / "first")
    (checkpoint,) = (tmp_path / "first" / "checkpoints").iterdir()
    train(tiny_config(1), data, tmp_path / "second", initial=checkpoint)
    assert steps_of(tmp_path / "second")[0][1] < 0.7 * steps_of(tmp_path / "first")[0][1]
    assert json.loads((checkpoint / "config.json").read_text())["width"] == 32


def test_a_larger_network_goes_on_from_a_smaller_one(tmp_path: Path) -> None:
    data, config = write_data(tmp_path / "data"), tiny_config(1)
    train(tiny_config(30), data, tmp_path / "small")
    (checkpoint,) = (tmp_path / "small" / "checkpoints").iterdir()
    shape = dataclasses.replace(config.model, num_blocks=3, hashed={"2": 5, "3": 6})
    large = dataclasses.replace(tiny_config(12), model=shape)
    train(config, data, tmp_path / "same", initial=checkpoint)
    train(large, data, tmp_path / "large", initial=checkpoint)
    [(_, loss, _)] = steps_of(tmp_path / "same")
    losses = [one for _, one, _ in steps_of(tmp_path / "large")]
    assert losses[0] == pytest.approx(loss, rel=1e-3)
    (end,) = (tmp_path / "large" / "checkpoints").iterdir()
    hashed = load_file(end / "model.safetensors")["hashed"]
    assert hashed.shape == (32 + 64, 32)
    assert bool((hashed != 0).any())
    wide = dataclasses.replace(config, model=dataclasses.replace(config.model, width=64))
    with pytest.raises(ModelMismatchError, match="another shape"):
        train(wide, data, tmp_path / "wide", initial=checkpoint)


def test_a_network_of_the_package_goes_on(tmp_path: Path) -> None:
    path = WEIGHTS / "text-s.safetensors"
    shape = ModelHeader.read(path).config
    names = ("width", "num_blocks", "context", "hashed")
    sizes = {name: shape[name] for name in names if name in shape}
    config = dataclasses.replace(tiny_config(1), model=GLRConfig(**sizes))
    data = tmp_path / "prose.txt"
    data.write_bytes((Path(__file__).parents[2] / "README.md").read_bytes())
    for initial in (Path("text-s"), path):
        run = tmp_path / initial.name
        train(config, [data], run, initial=initial)
        [(_, loss, _)] = steps_of(run)
        assert loss < 4.0
    with pytest.raises(ModelMismatchError, match=r"text-s has tables of n-grams .* none"):
        train(tiny_config(1), [data], tmp_path / "other", initial=Path("text-s"))


def test_what_cannot_be_done_is_said(tmp_path: Path) -> None:
    data, run = write_data(tmp_path / "data"), tmp_path / "run"
    config = tiny_config(1)
    train(config, data, run)
    with pytest.raises(UsageError, match="already has a run: resume it with --resume"):
        train(config, data, run)
    with pytest.raises(UsageError, match="--init is for a new run"):
        train(config, data, run, resume=True, initial=run)
    with pytest.raises(UsageError, match=r"neither a checkpoint, .* text-s"):
        train(config, data, tmp_path / "other", initial=tmp_path / "nothing")
    with pytest.raises(UsageError, match=r"multiple of run\.micro_batch"):
        train(tiny_config(1, micro_batch=3), data, tmp_path / "other")
    with pytest.raises(UsageError, match="'adamw' with FSDP"):
        train(config, data, tmp_path / "other", sharding="fsdp")
    with pytest.raises(UsageError, match="name files of text"):
        train(config, [], tmp_path / "other")
    shutil.rmtree(run / "checkpoints")
    for resume in (False, True):
        with pytest.raises(UsageError, match="ended before its first checkpoint"):
            train(config, data, run, resume=resume)


@pytest.mark.parametrize(
    "shape", [{"width": 250}, {"width": 5000}, {"num_blocks": 65}, {"context": 17}]
)
def test_no_shape_is_trained_that_has_no_exact_form(shape: dict[str, int]) -> None:
    with pytest.raises(UsageError, match=f"model.{next(iter(shape))} is"):
        GLRConfig(**shape)  # type: ignore[arg-type]


def test_checkpoints_of_another_network_or_damaged(tmp_path: Path) -> None:
    data, run = write_data(tmp_path / "data"), tmp_path / "run"
    train(tiny_config(1), data, run)
    (checkpoint,) = (run / "checkpoints").iterdir()
    model = checkpoint / "model.safetensors"
    content = model.read_bytes()
    model.write_bytes(content[:-8])
    with pytest.raises(FormatError, match=r"no sound checkpoint.*safetensors is damaged"):
        train(tiny_config(2), data, run, resume=True)
    model.write_bytes(content)
    other = tiny_config(2)
    object.__setattr__(other.model, "width", 64)
    with pytest.raises(UsageError, match=r"model\.width was 32, is 64"):
        train(other, data, run, resume=True)
    with pytest.raises(ModelMismatchError, match="another shape"):
        train(other, data, run, resume=True, accept_changes=True)


def test_a_loss_that_is_no_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = write_data(tmp_path / "data")
    loss = TextTask.loss
    monkeypatch.setattr(TextTask, "loss", lambda *values: loss(*values) * float("nan"))
    with pytest.raises(TrainingError, match="lower the learning rates"):
        train(tiny_config(2), data, tmp_path / "run")
