"""Hugging Face's datasets reads compressed files by the chained file system."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import neurocomp

datasets = pytest.importorskip("datasets")

LINES = [f"line {number}" for number in range(300)]

# What datasets warns of is its own.
pytestmark = pytest.mark.filterwarnings("default")


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    datasets.disable_progress_bars()
    yield
    datasets.enable_progress_bars()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    for name, lines in (
        ("a.txt", LINES[:200]),
        ("b.txt", LINES[200:]),
        ("a.jsonl", [json.dumps({"text": line, "size": len(line)}) for line in LINES]),
        ("a.csv", ["text,size", *(f"{line},{len(line)}" for line in LINES)]),
    ):
        content = "".join(f"{line}\n" for line in lines).encode()
        (folder / f"{name}.ncmp").write_bytes(neurocomp.compress(content, preset="fast"))
    return folder


def load(kind: str, files: Any, tmp_path: Path, **given: Any) -> list[dict[str, Any]]:
    cache = str(tmp_path / "cache")
    return list(
        datasets.load_dataset(kind, data_files=files, split="train", cache_dir=cache, **given)
    )


def test_local_files(folder: Path, tmp_path: Path) -> None:
    rows = load("text", f"ncmp://{folder}/*.txt", tmp_path)
    assert [row["text"] for row in rows] == LINES
    for kind in ("json", "csv"):
        suffix = {"json": "jsonl"}.get(kind, kind)
        rows = load(kind, f"ncmp://{folder}/a.{suffix}", tmp_path)
        assert rows == [{"text": line, "size": len(line)} for line in LINES]


@pytest.mark.parametrize("streaming", [False, True])
@pytest.mark.parametrize(("kind", "suffix"), [("text", "txt"), ("json", "jsonl"), ("csv", "csv")])
def test_a_chained_url_names_one_file(
    folder: Path, tmp_path: Path, kind: str, suffix: str, streaming: bool
) -> None:
    """This form is the one that streaming takes as well."""
    url = f"ncmp://a.{suffix}::{folder}/a.{suffix}.ncmp"
    rows = load(kind, url, tmp_path, streaming=streaming)
    assert [row["text"] for row in rows] == (LINES[:200] if kind == "text" else LINES)
