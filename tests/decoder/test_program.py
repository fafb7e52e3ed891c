"""ncmp-decode: options, files, exit codes."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

import neurocomp
from tests.conftest import make_text
from tests.decoder import build
from tests.decoder.build import Built
from tests.decoder.conftest import Run

TEXT = make_text(20_000)


@pytest.fixture(scope="module")
def fast() -> bytes:
    return neurocomp.compress(TEXT, preset="fast", block_bytes=7_000)


def test_pipes(run: Run, fast: bytes) -> None:
    for arguments in ((), ("-",), ("-c",), ("-qkc", "-")):
        done = run(*arguments, stdin=fast)
        assert (done.returncode, done.stdout, done.stderr) == (0, TEXT, b"")


def test_a_file_keeps_permissions_and_time(run: Run, fast: bytes, tmp_path: Path) -> None:
    source = tmp_path / "a.txt.NCMP"
    source.write_bytes(fast)
    source.chmod(0o640)
    os.utime(source, (1_000_000_000, 1_100_000_000))
    assert run(source).returncode == 0
    status = (tmp_path / "a.txt").stat()
    assert (status.st_mode & 0o777, status.st_mtime) == (0o640, 1_100_000_000)
    assert (tmp_path / "a.txt").read_bytes() == TEXT
    assert source.read_bytes() == fast


def test_nothing_is_overwritten_unasked(run: Run, fast: bytes, tmp_path: Path) -> None:
    source, target = tmp_path / "a.ncmp", tmp_path / "a"
    source.write_bytes(fast)
    target.write_bytes(b"kept")
    done = run(source)
    assert (done.returncode, target.read_bytes()) == (1, b"kept")
    assert b"already exists: give -f" in done.stderr
    assert run("-o", target, source).returncode == 1
    assert run("-f", source).returncode == 0
    assert target.read_bytes() == TEXT
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "a.ncmp"]


def test_an_input_is_never_an_output(run: Run, fast: bytes, tmp_path: Path) -> None:
    for name in ("a.ncmp", "b.ncmp"):
        (tmp_path / name).write_bytes(fast)
    os.link(tmp_path / "b.ncmp", tmp_path / "a")
    for arguments in (("-fo", "a.ncmp", "a.ncmp"), ("-f", "a.ncmp", "b.ncmp")):
        done = run(*arguments)
        assert (done.returncode, b"is an input" in done.stderr) == (2, True)
    assert (tmp_path / "a.ncmp").read_bytes() == (tmp_path / "b.ncmp").read_bytes() == fast


def test_a_damaged_file_leaves_nothing(run: Run, fast: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.ncmp").write_bytes(fast[:-1])
    (tmp_path / "b.ncmp").write_bytes(fast)
    done = run("a.ncmp", "nowhere.ncmp", "b.ncmp", "b")
    assert done.returncode == 1
    lines = done.stderr.decode().splitlines()
    assert lines[0].startswith("ncmp-decode: a.ncmp: the file ends within a frame")
    assert lines[1] == "ncmp-decode: nowhere.ncmp: No such file or directory"
    assert "does not end in .ncmp" in lines[2]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.ncmp", "b", "b.ncmp"]


def test_testing_writes_nothing(run: Run, fast: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.ncmp").write_bytes(fast)
    (tmp_path / "bad").write_bytes(fast[:-1])
    done = run("-t", "a.ncmp")
    assert (done.returncode, done.stdout) == (0, b"a.ncmp: ok\n")
    done = run("-tq", "a.ncmp", "bad")
    assert (done.returncode, done.stdout) == (1, b"")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.ncmp", "bad"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("--nothing",),
        ("-z",),
        ("-o",),
        ("-o", ""),
        ("",),
        ("-c", "-o", "x"),
        ("-t", "-c"),
        ("-o", "x", "a", "b"),
        ("--max-size", "large"),
        ("--max-size=99999999999999999999",),
        ("--force=1",),
    ],
)
def test_a_wrong_command_line_does_nothing(run: Run, arguments: tuple[str, ...]) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"ncmp-decode: ")


def test_help_and_version(run: Run) -> None:
    done = run("--help")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b"Usage: ncmp-decode")
    assert run("-V").stdout == b"ncmp-decode 0.1.0, format 1\n"


def test_sizes_are_limited(run: Run, fast: bytes) -> None:
    done = run("--max-size=10KiB", stdin=fast)
    assert (done.returncode, done.stdout) == (1, TEXT[:7_000])
    assert b"allowed are 10240" in done.stderr
    assert run("--max-size", "1MiB", stdin=fast).returncode == 0
    done = run("--max-memory=1MiB", stdin=fast)
    assert (done.returncode, done.stdout) == (1, b"")


def test_models_are_searched_in_several_places(run: Run, built: Built, tmp_path: Path) -> None:
    frame = neurocomp.compress(TEXT[:4000], model="text-s")
    weights = build.NETWORKS / "text-s.safetensors"
    done = run(stdin=frame)
    assert done.returncode == 1
    assert b"needs the byte network text-s (text-s.safetensors, hash " in done.stderr
    environment = {**os.environ, "NEUROCOMP_MODELS": f"{build.STORED}:{build.NETWORKS}"}
    for options in (["--models", str(weights)], [f"--models={build.NETWORKS}"]):
        assert run(*options, stdin=frame).stdout == TEXT[:4000]
    assert run(stdin=frame, environment=environment).stdout == TEXT[:4000]
    beside = tmp_path / "beside"
    (beside / "models").mkdir(parents=True)
    shutil.copy(built.program, beside)
    shutil.copy(weights, beside / "models")
    done = subprocess.run([beside / "ncmp-decode"], input=frame, capture_output=True)
    assert (done.returncode, done.stdout) == (0, TEXT[:4000])
    assert run("--models", "nowhere", stdin=frame).returncode == 1


def test_a_device_is_written_to(run: Run, fast: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.ncmp").write_bytes(fast)
    assert run("-o", "/dev/stdout", "a.ncmp").stdout == TEXT
    assert run("-o", "/dev/null", "a.ncmp").returncode == 0
    full = run("-o", "/dev/full", "a.ncmp")
    assert full.returncode == 1
    assert b"/dev/full: No space left on device" in full.stderr


def test_a_signal_leaves_no_file(built: Built, fast: bytes, tmp_path: Path) -> None:
    program = subprocess.Popen(
        [built.program, "-", "-o", "out"],
        stdin=subprocess.PIPE,
        cwd=tmp_path,
        # In the background of a shell, children ignore it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert program.stdin is not None
    program.stdin.write(fast[:-5])
    program.stdin.flush()
    deadline = time.monotonic() + 60
    while not any(tmp_path.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert any(tmp_path.iterdir())
    program.send_signal(signal.SIGINT)
    assert program.wait(60) == -signal.SIGINT
    program.stdin.close()
    assert not any(tmp_path.iterdir())
