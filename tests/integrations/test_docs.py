"""The examples of docs/integrations.md, in their order, in one folder."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from neurocomp import extras

PAGE = Path(__file__).parents[2] / "docs" / "integrations.md"
EXAMPLE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NEEDED = ("fsspec", "numcodecs", "pandas", "smart_open", "zarr")


@pytest.fixture
def clean() -> Iterator[None]:
    yield
    import shutil

    import fsspec
    from fsspec.compression import compr
    from fsspec.utils import compressions

    compr.pop("ncmp", None)
    compressions.pop("ncmp", None)
    fsspec.filesystem("memory").store.clear()
    if "tar.ncmp" in dict(shutil.get_archive_formats()):
        shutil.unregister_archive_format("tar.ncmp")
        shutil.unregister_unpack_format("tar.ncmp")


@pytest.mark.usefixtures("clean")
@pytest.mark.skipif(not all(map(extras.has, NEEDED)), reason="not all libraries are installed")
def test_the_examples_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    examples = EXAMPLE.findall(PAGE.read_text(encoding="utf-8"))
    assert len(examples) > 8
    for number, example in enumerate(examples):
        if "pyarrow" in example and not extras.has("pyarrow"):
            continue
        exec(compile(example, f"example {number}", "exec"), {})


def test_the_function_for_spark_takes_tables_of_pandas() -> None:
    pandas = pytest.importorskip("pandas")
    import neurocomp

    text = PAGE.with_name("clusters.md").read_text(encoding="utf-8")
    [example] = [one for one in EXAMPLE.findall(text) if "mapInPandas" in one]
    names: dict[str, object] = {}
    exec(compile(example, "example of Spark", "exec"), names)

    class Table:
        """What the example asks of a table of Spark."""

        schema = "path string, content binary"

        def mapInPandas(self, function: object, schema: str) -> list[object]:  # noqa: N802
            assert schema == self.schema
            batches = [
                {"path": ["a", "b"], "content": [b"1" * 99, b""]},
                {"path": [], "content": []},
            ]
            return list(function(iter(map(pandas.DataFrame, batches))))  # type: ignore[operator]

    tables = names["compress_table"](Table())  # type: ignore[operator]
    assert [list(one["path"]) for one in tables] == [["a", "b"], []]
    assert [neurocomp.decompress(one) for one in tables[0]["content"]] == [b"1" * 99, b""]


def test_the_example_of_large_sets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.bulk.sets import frames, make_set

    monkeypatch.chdir(tmp_path)
    make_set(tmp_path / "letters", 3)
    text = PAGE.with_name("clusters.md").read_text(encoding="utf-8")
    [example] = [one for one in EXAMPLE.findall(text) if "bulk.compress" in one]
    exec(compile(example.replace("workers=4", 'engine="serial"'), "example", "exec"), {})
    assert len(frames(tmp_path / "archive")) == 3
