"""Manifests: the committed one is well-formed, and wrong ones are refused."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from neurocomp.bench.corpora.errors import CorpusError
from neurocomp.bench.corpora.manifest import EVAL, load
from tests.corpora import sources
from tests.corpora.sources import entry

GOOD = entry("a", b"content", "https://example.org/a")
PINNED = re.compile(
    r"https://raw\.githubusercontent\.com/[\w.-]+/[\w.-]+/[0-9a-f]{40}/[\w./%-]+"
    r"|https://github\.com/[\w.-]+/[\w.-]+/tree/[0-9a-f]{40}/[\w./%-]+"
)


def test_committed_manifest() -> None:
    manifest = load(EVAL)
    assert manifest.name == "eval"
    assert len(manifest.files) == 79
    for file in manifest.files:
        assert file.kind
        assert file.licence
        for url in file.sources:
            assert PINNED.fullmatch(url), url
            assert "/tree/" not in url or file.recipe.method == "unknown"


def test_standard_corpora_are_complete() -> None:
    manifest = load(EVAL)
    assert len(manifest.select(("canterbury",))) == 11
    assert len(manifest.select(("calgary",))) == 18
    assert len(manifest.select(("kodak",))) == 24


def test_sources_of_a_concatenation_are_in_path_order() -> None:
    [file] = load(EVAL).select(("requests-python.py",))
    assert len(file.sources) == 36
    assert list(file.sources) == sorted(set(file.sources))


@pytest.mark.parametrize(
    "change",
    [
        {"name": "../a"},
        {"name": "/a"},
        {"name": "b\\a"},
        {"name": ""},
        {"bytes": 0},
        {"bytes": "many"},
        {"sha256": "ab12"},
        {"sha256": "A" * 64},
        {"sources": []},
        {"sources": ["https://example.org/a", "https://example.org/b"]},
        {"recipe": {"method": "guess"}},
        {"recipe": {"method": "member"}},
        {"recipe": {"method": "prefix", "member": "a"}},
        {"recipe": {"method": "copy", "colour": "red"}},
    ],
)
def test_wrong_entries_are_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    path = sources.manifest(tmp_path / "manifest.json", {**GOOD, **change})
    with pytest.raises(CorpusError):
        load(path)


@pytest.mark.parametrize("key", ["name", "bytes", "sha256", "licence", "sources"])
def test_missing_fields_are_refused(tmp_path: Path, key: str) -> None:
    incomplete = {name: value for name, value in GOOD.items() if name != key}
    with pytest.raises(CorpusError, match=key):
        load(sources.manifest(tmp_path / "manifest.json", incomplete))


def test_a_file_named_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="twice"):
        load(sources.manifest(tmp_path / "manifest.json", GOOD, GOOD))


def test_a_missing_manifest_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="cannot be read"):
        load(tmp_path / "none.json")
