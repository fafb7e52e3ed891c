from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from neurocomp.cli.entry import run as run_program
from tests.corpora import sources


@dataclass(frozen=True)
class Result:
    exit_code: int
    stdout: str
    stderr: str


Fetch = Callable[..., Result]


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    """The folder that stands for the network."""
    folder = tmp_path / "origin"
    folder.mkdir()
    return folder


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """The folder to fetch into; it isn't there yet."""
    return tmp_path / "target"


@pytest.fixture
def fetch(tmp_path: Path, target: Path, capsys: pytest.CaptureFixture[str]) -> Fetch:
    """Run the fetcher on a manifest of the given entries."""

    def run(*entries: dict[str, Any], names: tuple[str, ...] = ()) -> Result:
        path = sources.manifest(tmp_path / "manifest.json", *entries)
        words = ["corpora", "fetch", *names, "--manifest", str(path), "--to", str(target)]
        code = run_program(words)
        return Result(code, *capsys.readouterr())

    return run
