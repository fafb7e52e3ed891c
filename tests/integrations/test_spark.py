"""Spark itself runs the example of docs/clusters.md, on this machine."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import neurocomp
from tests.bulk.sets import contents, make_set

PAGE = Path(__file__).parents[2] / "docs" / "clusters.md"
EXAMPLE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)

# What Spark warns of is its own.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    sql = pytest.importorskip("pyspark.sql")
    pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    if shutil.which("java") is None:
        pytest.skip("Java is not installed")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PYSPARK_PYTHON", sys.executable)
        patched.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        session = (
            sql.SparkSession.builder.master("local[2]")
            .appName("neurocomp's tests")
            .config("spark.ui.enabled", "false")
            .config("spark.sql.shuffle.partitions", "2")
            .getOrCreate()
        )
        try:
            yield session
        finally:
            session.stop()


def test_the_example_compresses_a_folder(spark: Any, tmp_path: Path) -> None:
    make_set(tmp_path / "letters", 40)
    originals = contents(tmp_path / "letters")
    [example] = [
        one for one in EXAMPLE.findall(PAGE.read_text(encoding="utf-8")) if "mapInPandas" in one
    ]
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(example, "example of Spark", "exec"), names)
    files = spark.read.format("binaryFile").option("recursiveFileLookup", "true")
    table = files.load(str(tmp_path / "letters")).repartition(4)
    names["compress_table"](table).write.parquet(str(tmp_path / "archive"))
    rows = spark.read.parquet(str(tmp_path / "archive")).collect()
    assert len(rows) == 39  # Spark leaves out files without content
    for row in rows:
        content = originals["/".join(row.path.replace("%20", " ").split("/")[-2:])]
        assert row.length == len(content)
        assert bytes(row.content) == neurocomp.compress(content, preset="fast")
        assert neurocomp.decompress(row.content) == content
