"""The samples: small, listed, and the generated ones reproduced byte for byte."""

from __future__ import annotations

from pathlib import Path

import pytest

from corpora import make_samples
from corpora.make_samples import FOLDER, GENERATORS, make

HAND_WRITTEN = ("prose.txt", "ring_buffer.c")
SAMPLES = (*GENERATORS, *HAND_WRITTEN)


@pytest.mark.parametrize("name", list(GENERATORS))
def test_generated_samples_reproduce(name: str) -> None:
    assert make(name) == (FOLDER / name).read_bytes()


def test_main_writes_every_generated_sample(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(make_samples, "FOLDER", tmp_path)
    make_samples.main()
    assert {path.name for path in tmp_path.iterdir()} == set(GENERATORS)


@pytest.mark.parametrize("name", SAMPLES)
def test_samples_are_small(name: str) -> None:
    assert 1000 <= (FOLDER / name).stat().st_size <= 20_000


def test_readme_lists_every_sample() -> None:
    files = {path.name for path in FOLDER.iterdir()} - {"README.md", ".gitattributes"}
    assert files == set(SAMPLES)
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in readme for name in files)
