"""pandas reads and writes compressed tables: by file object, by fsspec's compression, by URL."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

import neurocomp

pandas = pytest.importorskip("pandas")
fsspec = pytest.importorskip("fsspec")

TABLE = pandas.DataFrame({"name": ["a", "b", "ç"] * 50, "size": range(150)})


def test_by_a_file_object(tmp_path: Path) -> None:
    path = tmp_path / "table.csv.ncmp"
    with neurocomp.open(path, "wt", encoding="utf-8", newline="", preset="fast") as file:
        TABLE.to_csv(file, index=False)
    with neurocomp.open(path) as file:
        pandas.testing.assert_frame_equal(pandas.read_csv(file), TABLE)
    assert neurocomp.decompress(path.read_bytes()) == TABLE.to_csv(index=False).encode()


def test_by_a_url(tmp_path: Path) -> None:
    url = f"ncmp://{tmp_path}/table.csv"
    TABLE.to_csv(url, index=False, storage_options={"preset": "fast"})
    assert neurocomp.info(tmp_path / "table.csv.ncmp")[0].models[0].family == "mix"
    pandas.testing.assert_frame_equal(pandas.read_csv(url), TABLE)
    TABLE.to_json(f"ncmp://{tmp_path}/t.jsonl", orient="records", lines=True)
    again = pandas.read_json(f"ncmp://{tmp_path}/t.jsonl", lines=True)
    pandas.testing.assert_frame_equal(again, TABLE)


def test_by_a_chained_url(tmp_path: Path) -> None:
    if int(pandas.__version__.partition(".")[0]) < 3:
        pytest.skip("before version 3 pandas takes ncmp://a.csv::memory://a.csv.ncmp only")
    url = "ncmp::memory://folder/table.csv"
    TABLE.to_csv(url, index=False, storage_options={"ncmp": {"preset": "fast"}})
    try:
        assert fsspec.filesystem("memory").exists("/folder/table.csv.ncmp")
        pandas.testing.assert_frame_equal(pandas.read_csv(url), TABLE)
    finally:
        fsspec.filesystem("memory").store.clear()


def test_by_the_compression() -> None:
    from fsspec.compression import compr
    from fsspec.utils import compressions

    importlib.import_module("neurocomp.integrations.fsspec").register(preset="fast")
    try:
        options = {"compression": "ncmp"}
        url = "memory://table.csv.ncmp"
        TABLE.to_csv(url, index=False, storage_options=options)
        assert fsspec.filesystem("memory").cat("/table.csv.ncmp").startswith(b"\x9e\x43")
        pandas.testing.assert_frame_equal(pandas.read_csv(url, storage_options=options), TABLE)
    finally:
        fsspec.filesystem("memory").store.clear()
        del compr["ncmp"], compressions["ncmp"]
