"""Compressed files in S3 are read by the libraries that open files by fsspec."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import neurocomp
from tests.s3 import serve_s3

fsspec = pytest.importorskip("fsspec")

CSV = b"name,size\n" + b"".join(b"n%d,%d\n" % (n, n) for n in range(200))

# What the libraries below warn of is theirs.
pytestmark = pytest.mark.filterwarnings("default")


@pytest.fixture(scope="module")
def s3() -> Iterator[Any]:
    for filesystem in serve_s3():
        frame = neurocomp.compress(CSV, preset="fast")
        filesystem.pipe_file("bucket/tables/one.csv.ncmp", frame)
        filesystem.pipe_file("bucket/tables/two.csv.ncmp", frame)
        yield filesystem


def test_the_file_system_shows_contents(s3: Any) -> None:
    tables = fsspec.filesystem("ncmp", target_protocol="s3")
    assert tables.ls("bucket/tables", detail=False) == [
        "bucket/tables/one.csv",
        "bucket/tables/two.csv",
    ]
    assert tables.size("bucket/tables/one.csv") == len(CSV)
    assert tables.cat_file("bucket/tables/one.csv", 500, 520) == CSV[500:520]
    with fsspec.open_files("ncmp::s3://bucket/tables/*.csv") as files:
        assert [file.read() for file in files] == [CSV, CSV]
    with fsspec.open("ncmp::s3://bucket/new.txt", "wb", ncmp={"preset": "fast"}) as file:
        file.write(b"written")
    assert neurocomp.decompress(s3.cat_file("bucket/new.txt.ncmp")) == b"written"


def test_pandas(s3: Any) -> None:
    from fsspec.compression import compr
    from fsspec.utils import compressions

    from neurocomp.integrations.fsspec import register

    pandas = pytest.importorskip("pandas")
    table = pandas.read_csv("ncmp://one.csv::s3://bucket/tables/one.csv.ncmp")
    assert list(table["size"]) == list(range(200))
    register()
    try:
        options = {"compression": "ncmp"}
        url = "s3://bucket/tables/one.csv.ncmp"
        assert pandas.read_csv(url, storage_options=options).equals(table)
    finally:
        del compr["ncmp"], compressions["ncmp"]
    if int(pandas.__version__.partition(".")[0]) >= 3:
        table.to_csv("ncmp::s3://bucket/tables/three.csv", index=False)
        assert neurocomp.decompress(s3.cat_file("bucket/tables/three.csv.ncmp")) == CSV
        assert pandas.read_csv("ncmp::s3://bucket/tables/three.csv").equals(table)


@pytest.mark.parametrize("streaming", [False, True])
def test_datasets(s3: Any, tmp_path: Path, streaming: bool) -> None:
    datasets = pytest.importorskip("datasets")
    names = s3.glob("bucket/tables/*[oe].csv.ncmp")
    urls = [f"ncmp://{name.removesuffix('.ncmp').split('/')[-1]}::s3://{name}" for name in names]
    given = {"split": "train", "streaming": streaming, "cache_dir": str(tmp_path)}
    rows = list(datasets.load_dataset("csv", data_files=urls[:2], **given))
    assert [row["size"] for row in rows] == [*range(200), *range(200)]
