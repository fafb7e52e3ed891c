"""Ends before the end: signals, full disks, broken pipes, terminals."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.program import Program, limited

ADAPTIVE = ("-m", "adaptive")
TEMPORARY = ".neurocomp-*.tmp"


def wait_for_temporary(folder: Path, process: subprocess.Popen[bytes]) -> None:
    """Return when the program writes its output."""
    deadline = time.monotonic() + 300
    while not any(path.stat().st_size for path in folder.glob(TEMPORARY)):
        assert process.poll() is None, "it ended too early"
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (signal.SIGINT, -signal.SIGINT),
        (signal.SIGTERM, -signal.SIGTERM),
        (signal.SIGHUP, -signal.SIGHUP),
        (signal.SIGKILL, -signal.SIGKILL),
    ],
)
def test_a_signal_leaves_the_folder_as_it_was(
    program: Program, text: bytes, number: signal.Signals, code: int
) -> None:
    if number == signal.SIGINT:
        # A background job of a shell starts with it ignored, and so would the program.
        signal.signal(number, signal.default_int_handler)
    (program.folder / "a").write_bytes(text * 200)
    before = program.files()
    with program.start(*ADAPTIVE, "-q", "--block-size", "4KiB", "--rm", "a") as process:
        wait_for_temporary(program.folder, process)
        process.send_signal(number)
        _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (code, b"")
    if number == signal.SIGKILL:
        # Nobody can clean up then, but no file has the name of a complete one.
        for path in program.folder.glob(TEMPORARY):
            path.unlink()
    assert program.files() == before


def test_a_full_disk_leaves_the_folder_as_it_was(program: Program, text: bytes) -> None:
    for name in "ab":
        (program.folder / name).write_bytes(text)
    before = program.files()
    limit = limited(resource.RLIMIT_FSIZE, 2000)
    done = program(*ADAPTIVE, "--rm", "a", "b", preexec_fn=limit)
    assert done.code == 1
    assert done.err == "".join(
        f"neurocomp: {name}: cannot write {name}.ncmp: File too large\n" for name in "ab"
    )
    assert program.files() == before


def test_a_full_device_is_an_error(program: Program, text: bytes) -> None:
    for name in "ab":
        (program.folder / name).write_bytes(text)
    with open("/dev/full", "wb") as full:
        done = program("compress", *ADAPTIVE, "-c", "a", "b", stdout=full)
        listed = program("--help", stdout=full)
    assert done.code == 1
    # A second frame after half a frame would be lost to every reader.
    assert done.err.splitlines() == [
        "neurocomp: a: cannot write standard output: No space left on device",
        "neurocomp: b: left out: standard output ends within a frame",
    ]
    assert listed.code == 1
    assert listed.err == "neurocomp: standard output: No space left on device\n"


def test_a_closed_output_is_an_error_and_no_other_file_takes_its_place(
    program: Program, text: bytes
) -> None:
    (program.folder / "a").write_bytes(text)
    before = program.files()
    done = program("-c", *ADAPTIVE, "a", stdout=None, preexec_fn=lambda: os.close(1))
    assert (done.code, done.err) == (
        1,
        "neurocomp: a: cannot write standard output: Bad file descriptor\n",
    )
    assert program.files() == before


def test_text_that_is_lost_with_a_closed_output_is_an_error(program: Program) -> None:
    for arguments in (("--version",), ("models", "list"), ("-l", "--json", os.devnull)):
        done = program(*arguments, stdout=None, preexec_fn=lambda: os.close(1))
        assert (done.code, "standard output: Bad file descriptor" in done.err) == (1, True)


def test_a_closed_input_is_said_to_be_closed(program: Program) -> None:
    done = program(preexec_fn=lambda: os.close(0))
    assert (done.code, "standard input is closed" in done.err) == (2, True)


def test_a_broken_pipe_ends_quietly(program: Program, compressed: bytes) -> None:
    (program.folder / "a.ncmp").write_bytes(compressed * 3)
    with program.start("-dc", "a.ncmp", stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.wait(60) == -signal.SIGPIPE
        assert process.stderr.read() == b""


def test_binary_data_is_not_written_to_a_terminal(program: Program, text: bytes) -> None:
    (program.folder / "a").write_bytes(text[:10])
    code, shown = program.on_terminal("-c", *ADAPTIVE, "a", streams=("stdout", "stderr"))
    assert code == 1
    assert "compressed data is not written to a terminal: give -o FILE, or -f" in shown


def test_content_is_written_to_a_terminal(program: Program, compressed: bytes) -> None:
    (program.folder / "a.ncmp").write_bytes(compressed)
    code, shown = program.on_terminal("-dc", "a.ncmp", streams=("stdout", "stderr"))
    assert code == 0
    assert "winter" in shown


def test_a_bare_call_on_a_terminal_shows_the_help(program: Program) -> None:
    code, shown = program.on_terminal(streams=("stdin", "stdout"))
    assert code == 0
    assert "Usage: neurocomp" in shown
    code, shown = program.on_terminal("compress", streams=("stdin", "stderr"))
    assert code == 2
    assert "no FILE given, and standard input is a terminal" in shown


def test_progress_is_drawn_on_a_terminal(program: Program, compressed: bytes) -> None:
    (program.folder / "a.ncmp").write_bytes(compressed)
    at_once = (
        "from neurocomp.cli import entry; from neurocomp.cli.ui import progress; "
        "progress.DELAY_SECONDS = 0; entry.main()"
    )
    code, shown = program.on_terminal(
        *("-d", "-T1", "a.ncmp"), streams=("stderr",), command=(sys.executable, "-c", at_once)
    )
    assert code == 0
    assert "a.ncmp" in shown
    assert "kB" in shown
    assert "/s" in shown
    # The bar goes when the work is done, and the cursor is shown again.
    assert "\x1b[2K" in shown
    assert shown.rindex("\x1b[?25h") > shown.rindex("\x1b[?25l")


@pytest.mark.parametrize("count", [1, 2])
def test_one_of_several_processes_skips_the_end_of_python(program: Program, count: int) -> None:
    lines = (
        "import atexit",
        "from neurocomp.cli import main",
        "atexit.register(print, 'ended')",
        "main(['--version'])",
    )
    shown = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)],
        env={**program.environment, "WORLD_SIZE": str(count)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout.split("\n")
    assert shown[0].startswith("neurocomp ")
    assert shown[1:] == (["ended", ""] if count == 1 else [""])
