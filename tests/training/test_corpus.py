"""Kinds of text: what is drawn, what is held out, what people are told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from neurocomp.errors import UsageError
from neurocomp.models.text.config import DataConfig
from neurocomp.models.text.corpus import Corpus, load_corpus
from neurocomp.training.data import SymbolCache
from tests.conftest import make_text
from tests.training.runs import tiny_config, train


def load(folder: Path, files: dict[str, bytes], **config: Any) -> Corpus:
    folder.mkdir(exist_ok=True)
    paths = []
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        paths.append(path)
    cache = SymbolCache(folder / "cache")
    return load_corpus(paths, cache, DataConfig(**{"window": 64, **config}), 3, 0)


def test_empty_files_are_left_out(tmp_path: Path) -> None:
    files = {"prose-1.txt": b"", "prose-2.txt": make_text(5000), "records.txt.gz": b""}
    corpus = load(tmp_path, files)
    assert list(corpus.validation) == ["prose"]
    assert [text.rsplit("/", 1)[1] for text in corpus.remarks] == [
        "prose-1.txt is empty: it is left out",
        "records.txt.gz is empty: it is left out",
    ]
    with pytest.raises(UsageError, match="all files are empty"):
        load(tmp_path / "all", {"a.txt": b"", "b.txt": b""})
    with pytest.raises(UsageError, match=r"kind 'short' have no two windows of 64"):
        load(tmp_path / "short", {"short.txt": b"a few bytes"})


def test_weights_of_kinds_that_no_file_has_are_told(tmp_path: Path) -> None:
    files = {"prose.txt": make_text(5000), "records.txt": make_text(5000, seed=1)}
    corpus = load(tmp_path, files, weights={"proze": 1.0, "prose": 1.0, "records": 1.0})
    [text] = corpus.remarks
    assert "no file is of: proze (did you mean prose?); they are not used (the files" in text
    corpus = load(tmp_path, files, weights={"speech": 1.0})
    [text] = corpus.remarks
    assert "speech; they are not used, and kinds are drawn by their size" in text
    assert not load(tmp_path, files, weights={"prose": 1.0, "records": 2.0}).remarks


def test_files_of_one_name_are_told_apart(tmp_path: Path) -> None:
    files = {"a/prose.txt": make_text(5000), "b/prose.txt": make_text(5000, seed=1)}
    corpus = load(tmp_path, files)
    assert list(corpus.files) == ["data file prose.txt", "data file prose.txt (2)"]
    assert len(set(corpus.files.values())) == 2


def test_kinds_that_are_not_validated_on_are_told(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    config = tiny_config(2)
    share = DataConfig(window=64, batch=8, validation_share=1e-17, validation_length=64)
    corpus = load(data, {"bare.txt": make_text(3000)}, validation_share=1e-17)
    assert corpus.validation == {}
    [text] = corpus.remarks
    assert text.startswith("warning: nothing is held out of the data of bare, so that")
    object.__setattr__(config, "data", share)
    assert train(config, [data / "bare.txt"], tmp_path / "run").metrics == {}
