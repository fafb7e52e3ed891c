"""A run that goes on is the run that it was, or says what has changed."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from neurocomp.cli.entry import run
from neurocomp.errors import ModelMismatchError, UsageError
from neurocomp.training.log import read_log
from neurocomp.training.record import RunRecord, changes
from tests.training.runs import go_on, tiny_config, train, write_data

SMALL = """
[run]
steps = 2
micro_batch = 2
[model]
width = 16
num_blocks = 1
[data]
window = 64
batch = 2
validation_pieces = 1
validation_length = 64
"""


def changed(**tables: dict[str, Any]) -> Any:
    config = tiny_config(6, checkpoint_every=2)
    parts = {
        name: dataclasses.replace(getattr(config, name), **table) for name, table in tables.items()
    }
    return dataclasses.replace(config, **parts)


def resume(config: Any, run: Path, **place: Any) -> Any:
    data = sorted((run.parent / "data").iterdir())
    return train(config, data, run, resume=True, **place)


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ({"data": {"batch": 4}}, r"data\.batch was 8, is 4"),
        ({"data": {"window": 32}}, r"data\.window was 64, is 32"),
        (
            {"data": {"weights": {"prose": 1.0, "records": 2.0}}},
            r"records was not set, is 2\.0",
        ),
        ({"run": {"seed": 7}}, r"run\.seed was 0, is 7"),
        ({"run": {"precision": "bfloat16"}}, r'precision was "auto", is "bfloat16"'),
        ({"optimizer": {"rate": 0.5}}, r"optimizer\.rate was 0\.01, is 0\.5"),
        ({"model": {"context": 2}}, r"model\.context was 3, is 2"),
        ({"model": {"hashed": {"2": 5}}}, r"model\.hashed\.2 was not set, is 5"),
        (
            {"data": {"batch": 4}, "optimizer": {"clip": 2.0}},
            r"data\.batch was 8, is 4; optimizer\.clip was 1\.0, is 2\.0",
        ),
    ],
)
def test_what_would_silently_change_is_refused(
    four: Path, tables: dict[str, Any], message: str
) -> None:
    log = (four / "log.jsonl").read_bytes()
    with pytest.raises(UsageError, match=rf"{message}: leave out --config .* --accept-changes"):
        resume(changed(**tables), four)
    assert (four / "log.jsonl").read_bytes() == log


def test_what_is_meant_is_noted(four: Path) -> None:
    config = changed(data={"batch": 4}, optimizer={"rate": 0.02})
    assert resume(config, four, accept_changes=True).finished
    (event,) = [one for one in read_log(four) if one["event"] == "changed"]
    assert event["step"] == 4
    assert event["changes"]["data.batch"] == "data.batch was 8, is 4"
    # From now on it is that run.
    assert json.loads((four / "run.json").read_text())["configuration"]["data"]["batch"] == 4
    assert resume(
        changed(run={"steps": 7}, **{k: {"batch": 4} for k in ("data",)}), four, accept_changes=True
    ).finished


def test_what_only_says_how_long_and_how_often_may_change(four: Path) -> None:
    result, said = go_on(four, 6)
    assert result.finished
    assert "changed: run.steps was 4, is 6" in said
    shape = {"keep": 5, "log_every": 3, "validate_every": 2, "micro_batch": 2, "steps": 7}
    config = changed(run=shape, data={"validation_pieces": 1, "validation_length": 100})
    assert resume(config, four).finished


def test_other_data_are_refused(four: Path) -> None:
    data = four.parent / "data"
    with (data / "prose-2.txt").open("ab") as file:
        file.write(b"more")
    shutil.copy(data / "prose-1.txt", data / "prose-3.txt")
    (data / "prose-1.txt").unlink()
    with pytest.raises(UsageError) as refusal:
        go_on(four)
    for text in ("prose-2.txt has changed", "prose-3.txt is new", "prose-1.txt is missing"):
        assert f"data file {text}" in str(refusal.value)
    assert go_on(four, accept_changes=True)[0].finished


def test_another_optimizer(four: Path) -> None:
    """Its momenta are of no use, whatever is accepted."""
    for accept in (False, True):
        with pytest.raises(UsageError, match=r'optimizer\.name was "muon", is "adamw".*--init'):
            resume(changed(optimizer={"name": "adamw"}), four, accept_changes=accept)
    # A checkpoint of a version that kept no record.
    for folder in (four / "checkpoints").iterdir():
        (folder / "SHA256SUMS").unlink()
        state = json.loads((folder / "state.json").read_text())
        (folder / "state.json").write_text(json.dumps({**state, "record": None}))
    (four / "run.json").unlink()
    with pytest.raises(ModelMismatchError, match=r"the momenta of another optimizer.*--init"):
        resume(changed(optimizer={"name": "adamw"}), four)


def test_where_there_is_no_run(tmp_path: Path) -> None:
    data = write_data(tmp_path / "data")
    for folder in (tmp_path / "nothing", tmp_path / "empty"):
        with pytest.raises(UsageError, match="has no run to resume: leave out --resume"):
            train(tiny_config(1), data, folder, resume=True)
        (tmp_path / "empty").mkdir(exist_ok=True)
    assert not (tmp_path / "nothing").exists()
    assert not list((tmp_path / "empty").iterdir())
    with pytest.raises(UsageError, match="--accept-changes is for a resumed run"):
        train(tiny_config(1), data, tmp_path / "nothing", accept_changes=True)


def test_a_finished_run_says_so(four: Path) -> None:
    for steps in (4, 3):
        result, said = go_on(four, steps)
        assert (result.step, result.finished) == (4, True)
        assert any(f"the run is finished: 4 steps of {steps} are done" in one for one in said)
        assert not any("resuming" in one for one in said)


def test_without_a_configuration_it_takes_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = [str(path) for path in write_data(tmp_path / "data")]
    (tmp_path / "small.toml").write_text("\N{BYTE ORDER MARK}" + SMALL)
    place = ["-o", str(tmp_path / "run"), "--cache", str(tmp_path / "cache"), "--device", "cpu"]
    command = ["train", "text", *data, *place]
    assert run([*command, "--config", str(tmp_path / "small.toml"), "-q"]) == 0
    (tmp_path / "run" / "run.json").write_text("{")  # the checkpoint has the same
    assert run([*command, "--resume", "--steps", "3"]) == 0
    assert "step 3/3" in capsys.readouterr().err
    assert run([*command, "--resume", "--config", "text-s"]) == 2
    assert 'optimizer.name was "adamw", is "muon"' in capsys.readouterr().err
    stored = json.loads((tmp_path / "run" / "run.json").read_text())
    assert stored["configuration"]["run"]["steps"] == 3
    assert run([*command, "-q"]) == 2
    assert run(["train", "gpt2", *data, *place, "--resume", "--config", "gpt2-1m"]) != 0


def test_records_of_other_versions() -> None:
    """A field that one version has and the other lacks says nothing."""
    before = RunRecord("TextConfig", {"run": {"steps": 1, "old": 2}, "data": {"batch": 1}}, {})
    now = RunRecord("TextConfig", {"run": {"steps": 1, "new": 3}, "data": {"batch": 2}}, {})
    assert [one.text for one in changes(before, now)] == ["data.batch was 1, is 2"]
    other = RunRecord("GPT2TrainingConfig", {}, {})
    assert [one.is_possible for one in changes(before, other)] == [False]
