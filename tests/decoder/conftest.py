"""The decoder, built once."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.decoder import build
from tests.decoder.build import Built
from tests.decoder.library import Library, Models

Run = Callable[..., "subprocess.CompletedProcess[bytes]"]


@pytest.fixture(scope="session")
def built() -> Built:
    """What `make decoder` makes."""
    reason = build.why_not()
    if reason is not None:
        pytest.skip(f"the decoder cannot be built: {reason}")
    return build.build()


@pytest.fixture(scope="session")
def library(built: Built) -> Library:
    """The shared library."""
    return Library(built.shared)


@pytest.fixture(scope="session")
def models(library: Library) -> Models:
    """The package's networks and the models of the golden files."""
    return library.models(*build.MODELS)


@pytest.fixture
def run(built: Built, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs ncmp-decode in a folder of its own."""
    monkeypatch.delenv("NEUROCOMP_MODELS", raising=False)

    def run_program(
        *arguments: str | Path, stdin: bytes = b"", environment: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [built.program, *arguments],
            input=stdin,
            capture_output=True,
            cwd=tmp_path,
            env=environment,
            timeout=300,
        )

    return run_program
