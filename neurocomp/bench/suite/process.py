"""A program as a process of its own: its exit, and what it took of time and memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_WATCHER = Path(__file__).with_name("watcher.py")
_SHOWN_BYTES = 400
"""Bytes that are shown of a failed program's messages."""


@dataclass(frozen=True)
class Usage:
    """Time and memory of one run of a program.

    Attributes:
        status: exit code of the program; if a signal ended it, the signal's number, negative.
        cpu_seconds: user and system time of it and of all it has started and waited for; None where
            the system does not tell.
        wall_seconds: seconds from start to end.
        memory_bytes: largest resident size of it, or of a process it has started; None likewise.
        timed_out: whether it was ended because its time was over.
        said: the end of what it wrote to standard error.
    """

    status: int
    cpu_seconds: float | None
    wall_seconds: float
    memory_bytes: int | None
    timed_out: bool
    said: str

    @property
    def succeeded(self) -> bool:
        """Whether the program ended by itself, without an error."""
        return self.status == 0 and not self.timed_out


def run(
    argv: Sequence[str],
    *,
    errors: Path,
    stdin: Path | None = None,
    stdout: Path | None = None,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
    timeout: float | None = None,
) -> Usage:
    """Run a program to its end, or until ``timeout`` seconds are over.

    Args:
        argv: the program, found on the path, and its arguments; no shell sees them.
        errors: a file for what it writes to standard error.
        stdin, stdout: files; nothing where they are None.
        cwd: the folder it runs in.
        environment: environment of the program; None for that of this process.
        timeout: seconds after which it and what it has started are killed.

    Raises:
        OSError: the program cannot be started.
    """
    order = _Order(
        tuple(argv), stdin, stdout, errors, Path.cwd() if cwd is None else cwd, environment, timeout
    )
    return _run_plainly(order) if os.name == "nt" else _run_watched(order)


@dataclass(frozen=True)
class _Order:
    argv: tuple[str, ...]
    stdin: Path | None
    stdout: Path | None
    errors: Path
    cwd: Path
    environment: Mapping[str, str] | None
    timeout: float | None

    def to_json(self) -> str:
        files = {"stdin": self.stdin, "stdout": self.stdout, "stderr": self.errors}
        return json.dumps(
            {
                **{key: path and str(path.absolute()) for key, path in files.items()},
                "argv": self.argv,
                "cwd": str(self.cwd),
                "environment": dict(os.environ if self.environment is None else self.environment),
                "timeout": self.timeout,
            }
        )


def _run_watched(order: _Order) -> Usage:
    with subprocess.Popen(
        [sys.executable, "-I", "-S", str(_WATCHER)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as watcher:
        source, sink, errors = watcher.stdin, watcher.stdout, watcher.stderr
        if source is None or sink is None or errors is None:
            raise AssertionError("all three are pipes")
        try:
            source.write(f"{order.to_json()}\n".encode())
            source.flush()
            out, err = sink.read(), errors.read()
        except BaseException:
            watcher.terminate()
            raise
    if watcher.returncode or not out:
        raise OSError(f"{order.argv[0]} cannot be started: {_last_line(err)}")
    told = json.loads(out)
    return Usage(
        told["status"],
        told["cpu"],
        told["wall"],
        told["memory"],
        told["timed_out"],
        _tail(order.errors),
    )


def _run_plainly(order: _Order) -> Usage:
    """Run where the system has no process groups and tells no usage of a child: wall time only."""
    start = time.perf_counter()
    timed_out = False
    with (
        open(os.devnull if order.stdin is None else order.stdin, "rb") as source,
        open(os.devnull if order.stdout is None else order.stdout, "wb") as sink,
        order.errors.open("wb") as said,
    ):
        try:
            status = subprocess.run(
                order.argv,
                stdin=source,
                stdout=sink,
                stderr=said,
                cwd=order.cwd,
                env=None if order.environment is None else dict(order.environment),
                timeout=order.timeout,
                check=False,
            ).returncode
        except subprocess.TimeoutExpired:
            status, timed_out = -1, True
    wall = time.perf_counter() - start
    return Usage(status, None, wall, None, timed_out, _tail(order.errors))


def _tail(path: Path) -> str:
    content = path.read_bytes() if path.is_file() else b""
    return content[-_SHOWN_BYTES:].decode(errors="replace").strip()


def _last_line(content: bytes) -> str:
    lines = content.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "no reason was given"
