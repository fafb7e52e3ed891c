"""One run: whatever a program does, the row says so, and what it took is its own."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

import neurocomp
from neurocomp.bench.suite import process
from neurocomp.bench.suite.commands import Command
from neurocomp.bench.suite.contenders import Contender, of_command, of_neurocomp, store
from neurocomp.bench.suite.frame_facts import FrameFacts, facts_of
from neurocomp.bench.suite.rows import State
from neurocomp.bench.suite.trial import Trial, try_once
from tests.bench.suite.programs import PYTHON, ZLIB, contender, content, png, program
from tests.conftest import make_text

TEXT = make_text(5000)
FAILS = "import sys; sys.exit('no memory left')"
NOTHING = "pass"
WRONG = "import sys; open(sys.argv[3], 'wb').write(b'something else')"
SLEEPS = "import time; time.sleep(60)"


def run(one: Contender, tmp_path: Path, timeout: float | None = 30.0, threads: int = 1) -> Trial:
    trial = try_once(one, content("a", TEXT), threads, timeout, tmp_path)
    assert not list(tmp_path.glob("trial-*")), "files under way are left"
    return trial


def test_what_is_decoded_and_compared(tmp_path: Path) -> None:
    trial = run(contender(tmp_path, "zlib"), tmp_path)
    assert (trial.state, trial.compared) == (State.OK, "bytes")
    assert 0 < trial.compressed_bytes < len(TEXT) / 2
    assert trial.compress_cpu is not None
    assert trial.compress_wall is not None
    assert 0 < trial.compress_cpu < 10
    assert Trial.from_json(trial.to_json()) == trial


@pytest.mark.parametrize(
    ("compress", "decompress", "state", "message"),
    [
        (FAILS, ZLIB, State.FAILED, "compressing ended with 1: no memory left"),
        (ZLIB, FAILS, State.FAILED, "decompressing ended with 1: no memory left"),
        (NOTHING, ZLIB, State.FAILED, "compressing left no file"),
        (ZLIB, NOTHING, State.FAILED, "decompressing left 0 files"),
        (ZLIB, WRONG, State.WRONG, "decoded to 14 bytes that differ from the 5000"),
        ("import os; os.kill(os.getpid(), 9)", ZLIB, State.FAILED, "compressing signal 9"),
    ],
)
def test_what_goes_wrong_is_said(
    tmp_path: Path, compress: str, decompress: str, state: State, message: str
) -> None:
    trial = run(contender(tmp_path, "x", compress, decompress), tmp_path)
    assert trial.state is state
    assert message in trial.message
    assert trial.compressed_bytes == 0


def test_a_late_program_is_ended_with_all_it_has_started(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    starts = (
        "import os, time\n"
        "child = os.fork()\n"
        f"if child: open({str(pid)!r}, 'w').write(str(child))\n"
        "time.sleep(60)\n"
    )
    start = time.monotonic()
    trial = run(contender(tmp_path, "slow", starts), tmp_path, timeout=0.5)
    assert time.monotonic() - start < 20
    assert (trial.state, trial.message) == (State.TIMEOUT, "compressing took more than 0.5 s")
    for _ in range(100):
        if not _is_running(int(pid.read_text())):
            return
        time.sleep(0.05)
    pytest.fail("what the program has started still runs")


def _is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_decompressing_late(tmp_path: Path) -> None:
    trial = run(contender(tmp_path, "slow", ZLIB, SLEEPS), tmp_path, timeout=0.5)
    assert (trial.state, trial.message) == (State.TIMEOUT, "decompressing took more than 0.5 s")


@pytest.mark.skipif(os.name == "nt", reason="the system does not tell")
def test_memory_and_time_are_the_programs_own(tmp_path: Path) -> None:
    ballast = b"x" * 300_000_000  # of this process, which starts the programs
    small = run(contender(tmp_path, "small"), tmp_path)
    fills = ZLIB + "y = bytearray(b'x') * 100_000_000\n"
    large = run(contender(tmp_path, "large", fills), tmp_path)
    del ballast
    assert small.compress_memory is not None
    assert large.compress_memory is not None
    assert large.decompress_memory is not None
    assert small.compress_memory < 60_000_000
    assert large.compress_memory > 100_000_000
    assert large.decompress_memory < 60_000_000
    burns = ZLIB + "import time\nwhile time.process_time() < 0.5: pass\n"
    busy = run(contender(tmp_path, "busy", burns), tmp_path)
    assert busy.compress_cpu is not None
    assert busy.decompress_cpu is not None
    assert busy.compress_cpu >= 0.5 > busy.decompress_cpu
    idle = run(contender(tmp_path, "idle", ZLIB + "import time; time.sleep(0.5)"), tmp_path)
    assert idle.compress_wall is not None
    assert idle.compress_cpu is not None
    assert idle.compress_wall >= 0.5 > idle.compress_cpu


def test_threads_and_streams_are_filled_in(tmp_path: Path) -> None:
    copies = program(
        tmp_path,
        "streams",
        "import sys\n"
        "if sys.argv[1] != '7': sys.exit('threads ' + sys.argv[1])\n"
        "sys.stdout.write(sys.stdin.read())\n",
    )
    one = of_command(f"x: {copies} {{threads}} < {{in}} > {{out}} ; cat {{in}} > {{out}}")
    assert one.has_threads
    assert run(one, tmp_path, threads=7).state is State.OK
    assert "threads 3" in run(one, tmp_path, threads=3).message


def test_an_archiver_works_in_the_folder_of_its_files(tmp_path: Path) -> None:
    """It is given plain names, keeps them, and leaves the file under the one it has kept."""
    archives = program(
        tmp_path,
        "archiver",
        "import sys, json\n"
        "if sys.argv[1] == 'a':\n"
        "    name, text = sys.argv[3], open(sys.argv[3], encoding='latin-1').read()\n"
        "    json.dump([name, text], open(sys.argv[2], 'w'))\n"
        "else:\n"
        "    name, text = json.load(open(sys.argv[2]))\n"
        "    assert '/' not in name\n"
        "    open(name, 'w', encoding='latin-1').write(text)\n",
    )
    words = tuple(archives.split())
    one = Contender(
        "archiver",
        "1",
        Command((*words, "a", "{out}", "{in}")),
        Command((*words, "x", "{in}")),
        folder=True,
    )
    trial = try_once(one, content("a", TEXT, ".txt"), 1, 30, tmp_path)
    assert (trial.state, trial.message) == (State.OK, "")


def test_pictures_by_their_pixels(tmp_path: Path) -> None:
    pytest.importorskip("PIL")
    again = "import sys; b = open(sys.argv[2], 'rb').read(); open(sys.argv[3], 'wb').write(b{})"
    # Bytes after a picture's end change the file and not its pixels.
    changes = contender(tmp_path, "changes", again.format(" + b'comment'"), again.format(""))
    picture = content("p", png(), ".png")
    assert try_once(changes, picture, 1, 30, tmp_path).state is State.WRONG
    keeps = Contender("keeps", "1", changes.compress, changes.decompress, pixels=True)
    trial = try_once(keeps, picture, 1, 30, tmp_path)
    assert (trial.state, trial.compared) == (State.OK, "pixels")
    assert (trial.unit, trial.num_units) == ("sub-pixel", 8 * 6 * 3)
    other = contender(
        tmp_path, "other", ZLIB, f"import sys; open(sys.argv[3], 'wb').write({png(9)!r})"
    )
    loses = Contender("loses", "1", other.compress, other.decompress, pixels=True)
    assert try_once(loses, picture, 1, 30, tmp_path).state is State.WRONG


def test_the_floor(tmp_path: Path) -> None:
    trial = run(store(), tmp_path)
    assert (trial.state, trial.compressed_bytes) == (State.OK, len(TEXT))


def test_neurocomp_tells_which_weights_it_needs(tmp_path: Path) -> None:
    default = try_once(of_neurocomp("-6"), content("a", TEXT[:1500]), 1, 60, tmp_path)
    assert (default.state, default.message) == (State.OK, "")
    frame = tmp_path / "fast.ncmp"
    frame.write_bytes(neurocomp.compress(TEXT, preset="fast"))
    assert facts_of(frame) == FrameFacts(0, 0)
    weights = Path(process.__file__).parents[2] / "models/bytenet/weights/text-s.safetensors"
    assert default.model_bytes == weights.stat().st_size


def test_a_program_that_cannot_be_started(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="cannot be started"):
        process.run(["/no/such/program"], errors=tmp_path / "e")


def test_where_the_system_tells_no_usage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_run_watched", process._run_plainly)
    trial = run(contender(tmp_path, "zlib"), tmp_path)
    assert (trial.state, trial.compress_cpu, trial.compress_memory) == (State.OK, None, None)
    late = run(contender(tmp_path, "slow", SLEEPS), tmp_path, timeout=0.3)
    assert late.state is State.TIMEOUT


def test_a_program_ends_with_whoever_waits_for_it(tmp_path: Path) -> None:
    """The watcher's standard input ends when its reader is gone, by whatever signal."""
    import json
    import subprocess

    pid = tmp_path / "pid"
    text = f"import os, time; open({str(pid)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    order: dict[str, object] = {
        "argv": [*PYTHON.split(), "-c", text],
        "stdin": None,
        "stdout": None,
        "stderr": str(tmp_path / "e"),
        "cwd": str(tmp_path),
        "environment": {},
        "timeout": None,
    }
    watcher = subprocess.Popen(
        [sys.executable, "-I", "-S", str(process._WATCHER)], stdin=subprocess.PIPE
    )
    assert watcher.stdin is not None
    watcher.stdin.write(json.dumps(order).encode() + b"\n")
    watcher.stdin.flush()
    for _ in range(200):
        if pid.exists() and pid.read_text():
            break
        time.sleep(0.05)
    watcher.stdin.close()
    assert watcher.wait(timeout=20) != 0
    for _ in range(100):
        if not _is_running(int(pid.read_text())):
            return
        time.sleep(0.05)
    pytest.fail("the program still runs")
