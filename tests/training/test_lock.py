"""One training at a time writes into a folder."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from neurocomp.cli.entry import run
from neurocomp.errors import TrainingError
from neurocomp.training.log import RunLog
from neurocomp.training.opening import LOCK_NAME, locked
from tests.training.runs import go_on, steps_of, tiny_config, train, write_data

HOLD = """
import sys, time
from pathlib import Path
from neurocomp.training.opening import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


def test_the_second_is_told_who_trains(four: Path) -> None:
    before = steps_of(four)
    with locked(four), pytest.raises(TrainingError, match=f"by process {os.getpid()} on "):
        go_on(four)
    assert steps_of(four) == before
    assert not (four / LOCK_NAME).exists()
    assert go_on(four)[0].finished


@pytest.mark.parametrize("resume", [False, True])
def test_who_trains_is_said_first(tmp_path: Path, resume: bool) -> None:
    """A run that has no checkpoint yet is not one that ended before it."""
    data, folder = write_data(tmp_path / "data"), tmp_path / "run"
    folder.mkdir()
    RunLog(folder).write("step", 1)
    with locked(folder), pytest.raises(TrainingError, match="is being trained by process"):
        train(tiny_config(1), data, folder, resume=resume)


def test_a_new_run_is_refused_too(tmp_path: Path) -> None:
    data, folder = write_data(tmp_path / "data"), tmp_path / "run"
    with locked(folder), pytest.raises(TrainingError, match="is being trained by process"):
        train(tiny_config(1), data, folder)
    assert not folder.exists()


def test_the_command(four: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = [str(path) for path in sorted((four.parent / "data").iterdir())]
    with locked(four):
        assert run(["train", "text", *data, "-o", str(four), "--resume", "--device", "cpu"]) == 1
    assert "is being trained by process" in capsys.readouterr().err


def test_it_ends_with_its_process(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    command = [sys.executable, "-c", HOLD, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ}) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        with pytest.raises(TrainingError, match=f"by process {process.pid} on "), locked(folder):
            pass
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert (folder / LOCK_NAME).exists()
    with locked(folder):
        pass
    assert not (folder / LOCK_NAME).exists()


def test_a_file_system_without_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fcntl = pytest.importorskip("fcntl")

    def refuse(descriptor: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)
    said: list[str] = []
    with locked(tmp_path, said.append):
        pass
    [text] = said
    assert "has no locks" in text
