"""Where benchmarks look for a corpus file."""

from __future__ import annotations

from pathlib import Path

import pytest

from neurocomp.bench.corpora import paths
from neurocomp.bench.corpora.errors import CorpusError
from neurocomp.bench.corpora.paths import VARIABLE, corpus_path


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    file = tmp_path / "copy" / "eval" / "canterbury" / "sum"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"content")
    return file


def test_folder_with_the_set_in_it(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(copy.parents[2]))
    assert corpus_path("canterbury/sum") == copy


def test_folder_of_the_set(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(copy.parents[1]))
    assert corpus_path("canterbury/sum") == copy


def test_default_folder(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr(paths, "cache_folder", lambda: copy.parents[1])
    assert corpus_path("canterbury/sum") == copy


def test_error_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    with pytest.raises(CorpusError) as caught:
        corpus_path("enwik6")
    for part in ("enwik6", str(tmp_path), "neurocomp corpora fetch enwik6", VARIABLE):
        assert part in str(caught.value)
