"""Runs the installed program as a user does, and says what came of it."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COMMAND = [sys.executable, "-m", "neurocomp"]
TIMEOUT = 120
_OF_THE_USER = ("NEUROCOMP_DEBUG", "NEUROCOMP_OPT")


@dataclass(frozen=True)
class Outcome:
    code: int
    out: bytes
    err: str


class Program:
    """The program in a working folder, with a model store of its own."""

    def __init__(self, folder: Path, home: Path, **environment: str) -> None:
        self.folder = folder
        self.environment = {
            **{key: value for key, value in os.environ.items() if key not in _OF_THE_USER},
            "NEUROCOMP_HOME": str(home),
            **environment,
        }

    def __call__(self, *arguments: str, stdin: bytes = b"", **options: Any) -> Outcome:
        """Run to the end; every message must be of one line and none a traceback."""
        done = subprocess.run(
            [*COMMAND, *arguments],
            input=stdin,
            stdout=options.pop("stdout", subprocess.PIPE),
            stderr=subprocess.PIPE,
            cwd=self.folder,
            env=self.environment,
            timeout=TIMEOUT,
            check=False,
            **options,
        )
        err = done.stderr.decode()
        assert all(line.startswith("neurocomp: ") for line in err.splitlines()), err
        return Outcome(done.returncode, done.stdout or b"", err)

    def start(self, *arguments: str, **options: Any) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [*COMMAND, *arguments],
            stderr=subprocess.PIPE,
            cwd=self.folder,
            env=self.environment,
            **{"stdin": subprocess.DEVNULL, **options},
        )

    def on_terminal(
        self, *arguments: str, streams: tuple[str, ...], command: Sequence[str] = COMMAND
    ) -> tuple[int, str]:
        """Run with some of stdin, stdout, stderr on a terminal: exit code, what it shows."""
        controller, terminal = pty.openpty()
        shown: list[bytes] = []
        reader = threading.Thread(target=_collect, args=(controller, shown))
        reader.start()
        files: dict[str, Any] = {
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.DEVNULL,
            "stderr": subprocess.DEVNULL,
            **dict.fromkeys(streams, terminal),
        }
        process = subprocess.Popen(
            [*command, *arguments], cwd=self.folder, env=self.environment, **files
        )
        code = process.wait(TIMEOUT)
        os.close(terminal)
        reader.join()
        os.close(controller)
        return code, b"".join(shown).decode()

    def files(self) -> dict[str, bytes]:
        """Return the content of every file below the folder by its relative path."""
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file()
        }


def _collect(controller: int, shown: list[bytes]) -> None:
    """Read a terminal until nobody writes to it any more."""
    while True:
        try:
            data = os.read(controller, 4096)
        except OSError:
            return
        if not data:
            return
        shown.append(data)


def limited(resource_name: int, value: int) -> Callable[[], None]:
    """Return what sets a limit in a child process."""
    import resource

    return lambda: resource.setrlimit(resource_name, (value, value))
