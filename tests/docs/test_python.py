"""The Python of README and docs works; other pages' has tests beside what they are about."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import neurocomp
from neurocomp import extras
from neurocomp.bench.suite.results import read_results, write_results
from neurocomp.registry.dictionary import stored_dictionary
from tests.docs.pages import PAGES, ROOT

EXAMPLE = re.compile(r"^```python\n(.*?)^```$", re.M | re.S)
TEXT = b"This is what a letter says: the weather is fine, and so are we.\n"
RECORDS = [TEXT * 3 + b"%d" % number for number in range(4)]
ELSEWHERE = {"clusters.md", "integrations.md"}
"""Pages whose examples `tests/integrations/test_docs.py` runs."""


class Distributed(list[bytes]):
    """What the example asks of a resilient distributed data set of Spark."""

    def map(self, function: Callable[[bytes], bytes]) -> list[bytes]:
        return [function(one) for one in self]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """Run a page's examples, one after the other, in one folder; return their names."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NEUROCOMP_HOME", str(tmp_path / "home"))

    def run(page: str, without: str = "", **names: Any) -> dict[str, Any]:
        examples = EXAMPLE.findall((ROOT / page).read_text(encoding="utf-8"))
        assert examples
        for number, example in enumerate(examples):
            lines = example.splitlines(keepends=True)
            code = "".join(line for line in lines if not without or without not in line)
            exec(compile(code, f"{page}, example {number}", "exec"), names)
        return names

    return run


def test_every_page_with_python_has_a_test() -> None:
    pages = {page.name for page in PAGES if EXAMPLE.search(page.read_text(encoding="utf-8"))}
    assert pages == ELSEWHERE | {
        *("README.md", "benchmarks.md", "explain.md", "library.md", "quickstart.md")
    }


def test_readme(run: Callable[..., dict[str, Any]]) -> None:
    names = run("README.md", data=TEXT)
    assert neurocomp.decompress(names["frame"]) == TEXT
    assert neurocomp.decompress(Path("log.ncmp").read_bytes()) == b"a line\n"


def test_quick_start(run: Callable[..., dict[str, Any]]) -> None:
    run("docs/quickstart.md")
    assert neurocomp.decompress(Path("log.ncmp").read_bytes()) == b"a line\n"


@pytest.mark.skipif(not extras.has("dask"), reason="dask is not installed")
def test_library(run: Callable[..., dict[str, Any]]) -> None:
    import dask.bag
    import joblib

    stored_dictionary(TEXT).save(Path("letters.dict"))
    names = run(
        "docs/library.md",
        without="ray.data",  # it is large, and not among the development tools
        neurocomp=neurocomp,
        pieces=RECORDS,
        decompressor=neurocomp.Decompressor(),
        data=neurocomp.compress(TEXT, preset="fast") * 2,
        records=RECORDS,
        rdd=Distributed(RECORDS),
        dask=dask,
        joblib=joblib,
    )
    assert neurocomp.decompress(b"".join(names["sink"])) == b"".join(RECORDS)
    assert names["content"] == TEXT * 2
    assert list(names["contents"]) == RECORDS
    decoded = neurocomp.decompress_many(names["frames"], model_path="letters.dict")
    assert list(decoded) == RECORDS


def test_explain(run: Callable[..., dict[str, Any]]) -> None:
    told = run("docs/explain.md", data=TEXT)["told"]
    assert told.content == TEXT
    assert told.total_bits == pytest.approx(told.entries.bits.sum())


def test_benchmarks(run: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    published = read_results(ROOT / "benchmarks" / "results.csv")
    folder = tmp_path / "bench-results" / "text"
    folder.mkdir(parents=True)
    write_results(published, folder, "")
    names = run("docs/benchmarks.md")
    assert names["smallest"].bits_per_byte == min(row.bits_per_byte for row in published.rows)
