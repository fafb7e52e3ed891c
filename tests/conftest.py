"""Shared by all tests: a model store of their own, and data that looks like real data."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
from hypothesis import settings

from neurocomp import _core

# Machines may be busy: no deadline. A change fails for its own fault: the same examples each time;
# --hypothesis-profile=explore (make explore) looks for new ones.
settings.register_profile("shared", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, max_examples=1000)
settings.load_profile("shared")

WORDS = (
    *("the", "of", "and", "to", "in", "a", "is", "that", "it", "was", "for", "on", "are", "with"),
    *("compression", "probability", "lossless", "archive", "entropy", "coder's", "as", "be", "or"),
)


def pytest_configure() -> None:
    """Run no test of another package than the one that ``NEUROCOMP_TESTED`` names, if it is set."""
    wanted = os.environ.get("NEUROCOMP_TESTED")
    if wanted and not Path(_core.__file__).is_relative_to(Path(wanted).absolute()):
        raise pytest.UsageError(f"to be tested: {wanted}; imported: {_core.__file__}")


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep every test away from the user's own models."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("NEUROCOMP_HOME", str(folder))
    return folder


def make_text(num_bytes: int, seed: int = 0) -> bytes:
    """Return English-looking text of exactly ``num_bytes``."""
    rng = random.Random(seed)
    parts: list[str] = []
    size = 0
    while size < num_bytes:
        sentence = " ".join(rng.choices(WORDS, k=rng.randint(4, 12))).capitalize() + ".\n"
        parts.append(sentence)
        size += len(sentence)
    return "".join(parts).encode()[:num_bytes]
