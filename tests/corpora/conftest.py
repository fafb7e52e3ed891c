from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from corpora.fetch import main
from tests.corpora import sources

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
def fetch(tmp_path: Path, target: Path) -> Fetch:
    """Run the fetcher on a manifest of the given entries."""

    def run(*entries: dict[str, Any], names: tuple[str, ...] = ()) -> Result:
        path = sources.manifest(tmp_path / "manifest.json", *entries)
        return CliRunner().invoke(main, [*names, "--manifest", str(path), "--to", str(target)])

    return run
