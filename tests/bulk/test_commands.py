"""``neurocomp bulk``."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from neurocomp.cli.entry import run
from tests.bulk.sets import contents, frames, make_set


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    make_set(tmp_path / "source", 5)
    return tmp_path / "source"


def test_there_and_back(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    compress = ["bulk", "compress", "-1", "-e", "serial", "source", "target"]
    assert run(compress) == 0
    assert run(["bulk", "test", "-e", "serial", "target"]) == 0
    assert run(["bulk", "test", "-e", "serial", "--quick", "target"]) == 0
    assert run(["bulk", "restore", "-e", "serial", "target", "back"]) == 0
    assert capsys.readouterr() == ("", "")
    assert contents(source) == contents(source.parent / "back")
    assert run([*compress, "-v"]) == 0
    assert "neurocomp: 0 files compressed, 5 there already: " in capsys.readouterr().err
    assert run(["bulk", "test", "-v", "-e", "serial", "target"]) == 0
    assert "neurocomp: 5 files sound: " in capsys.readouterr().err


def test_what_fails_is_named(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    compress = ["bulk", "compress", "-1", "-e", "serial", "source", "target"]
    assert run(compress) == 0
    target = source.parent / "target"
    names = sorted(frames(target))
    (target / names[0]).write_bytes(b"no frame")
    (target / "mine").write_bytes(b"")
    assert run(["bulk", "test", "-e", "serial", "target"]) == 1
    told = capsys.readouterr().err.splitlines()
    assert told[0].startswith(f"neurocomp: {names[0].removesuffix('.ncmp')}: not a neurocomp file")
    assert told[1:] == ["neurocomp: mine: not part of the set"]
    assert run([*compress[:2], "-6", *compress[3:]]) == 2
    assert "was made with the model 'mix'" in capsys.readouterr().err
    assert run(["bulk", "test", "-e", "serial", "source"]) == 2
    assert "there is no manifest in" in capsys.readouterr().err
    assert run(["bulk", "test", "-e", "serial", "no"]) == 2


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--part", "1"], "'1' is not a part: write NUMBER/COUNT"),
        (["--part", "2/2"], "there is no part 2/2"),
        (["--source-options", "[]"], "'[]' is not a JSON object"),
        (["--target-options", "{"], "'{' is not a JSON object"),
        (["--shard-size", "x"], "'x' is not a size"),
        (["--scheduler", "tcp://127.0.0.1:1"], "the engine 'serial' has no scheduler"),
        (["--scheduler", ""], "the argument is empty"),
        (["-m", "no"], "'no'"),
    ],
)
def test_wrong_lines_do_nothing(
    source: Path, words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run(["bulk", "compress", "-1", "-e", "serial", *words, "source", "target"])
    assert code in (1, 2)
    assert told in capsys.readouterr().err
    assert not frames(source.parent / "target")


def test_parts(source: Path) -> None:
    for number in range(2):
        line = f"bulk compress -1 -e serial --part {number}/2 source target"
        assert run(line.split()) == 0
        done = frames(source.parent / "target")
    assert len(done) == 5
    assert run(["bulk", "compress", "-1", "-e", "serial", "source", "target"]) == 0
    assert frames(source.parent / "target") == done
    assert (source.parent / "target" / "neurocomp-manifest.jsonl").stat().st_size


def test_ctrl_c_leaves_no_part(tmp_path: Path) -> None:
    """And the next run goes on."""
    source, target = tmp_path / "source", tmp_path / "target"
    make_set(source, 120, 3000)
    line = f"bulk compress -1 -e serial --shard-size 32KiB {source} {target}"
    process = subprocess.Popen(
        [sys.executable, "-m", "neurocomp", *line.split()],
        # Where a shell runs the tests in the background, its children would ignore the signal.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    while not frames(target) and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    assert process.wait() == -signal.SIGINT
    num_done = len(frames(target))
    assert 0 < num_done < 120
    assert not list(target.rglob("*.part"))
    assert run(line.split()) == 0
    assert len(frames(target)) == 120
