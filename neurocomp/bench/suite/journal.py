"""The journal of a suite: a line of JSON for each run, so that a suite resumes where it stopped."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from neurocomp.bench.suite.contenders import Contender
from neurocomp.bench.suite.contents import Content
from neurocomp.bench.suite.rows import State
from neurocomp.bench.suite.trial import Trial
from neurocomp.errors import UsageError

NAME = "journal.jsonl"
_LOCK = ".lock"


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Keep other runs out of a folder of results, where the system has locks.

    Raises:
        UsageError: another run is under way there.
    """
    descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        with suppress(ImportError):
            import fcntl

            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise UsageError(
                    f"another run is under way in {folder}: wait for it, or name another folder"
                ) from None
        yield
        (folder / _LOCK).unlink(missing_ok=True)
    finally:
        os.close(descriptor)


def key_of(content: Content, contender: Contender, threads: int, machine: str) -> str:
    """Return the key of a run: content, contender, version, flags, threads, machine."""
    parts = [
        content.sha256,
        contender.name,
        contender.version,
        contender.flags,
        threads,
        machine,
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


class Journal:
    """Runs that are done; each is on disk as soon as it is noted.

    Args:
        path: path of the file; a damaged line, such as the last of a killed run, is left out.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._is_torn = False
        self._runs: dict[tuple[str, int], tuple[Trial, dict[str, Any]]] = {}
        if path.is_file():
            content = path.read_bytes()
            self._is_torn = bool(content) and not content.endswith(b"\n")
            for line in content.splitlines():
                self._take(line)

    def find(
        self, key: str, number: int, timeout: float | None, *, retry: bool
    ) -> tuple[Trial, str] | None:
        """Return run ``number`` of a row and when it was; None where it must be done.

        Args:
            key: key of the row.
            number: number of the run, from 0.
            timeout: one that ended under a shorter one is done again.
            retry: whether what failed is done again too.
        """
        found = self._runs.get((key, number))
        if found is None:
            return None
        trial, item = found
        if trial.state is State.TIMEOUT:
            before = item.get("timeout")
            if before is not None and (timeout is None or timeout > before):
                return None
        if retry and trial.state is not State.OK:
            return None
        return trial, str(item.get("date", ""))

    def note(
        self,
        key: str,
        number: int,
        names: tuple[str, str],
        trial: Trial,
        timeout: float | None,
        date: str,
    ) -> None:
        """Record a run; ``names``, content and contender, are for people who read the file."""
        item = {
            "key": key,
            "run": number,
            "file": names[0],
            "contender": names[1],
            "date": date,
            "timeout": timeout,
            "trial": trial.to_json(),
        }
        with self._path.open("ab") as file:
            file.write((b"\n" if self._is_torn else b"") + json.dumps(item).encode() + b"\n")
        self._is_torn = False
        self._runs[key, number] = (trial, item)

    def _take(self, line: bytes) -> None:
        try:
            item = json.loads(line)
            self._runs[item["key"], int(item["run"])] = (Trial.from_json(item["trial"]), item)
        except (ValueError, KeyError, TypeError):
            return
