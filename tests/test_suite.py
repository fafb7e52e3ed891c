"""The benchmark suite's plot: who is on it, and that it is a picture."""

from __future__ import annotations

import csv
from dataclasses import asdict
from pathlib import Path

import pytest

from benchmarks import suite
from benchmarks.plot import comparable, plot_results, read_results
from neurocomp.bench.contest import Result
from neurocomp.pipeline.options import READY_PRESETS

RESULTS = [
    Result("a", "copy", 1000, 1000, 0.0, 0.0),
    Result("a", "neurocomp fast", 1000, 200, 0.01, 0.02),
    Result("a", "xz -9e", 1000, 300, 0.001, 0.0001),
    Result("b", "neurocomp fast", 3000, 400, 0.03, 0.02),
    Result("b", "xz -9e", 3000, 600, 0.003, 0.0001),
    Result("c", "xz -9e", 9000, 1, 0.003, 0.0001),
]


def test_presets_of_the_package_take_part() -> None:
    names = {one.name for one in suite.contestants((), with_peers=False)}
    assert names == {f"neurocomp {preset}" for preset in READY_PRESETS}


def test_only_files_of_all_contestants_count() -> None:
    sums = {one.name: one for one in comparable(RESULTS)}
    assert set(sums) == {"neurocomp fast", "xz -9e"}
    assert {one.content_bytes for one in sums.values()} == {4000}
    assert sums["xz -9e"].compressed_bytes == 900
    assert sums["neurocomp fast"].decompress_seconds == pytest.approx(0.04)


def test_plot_of_a_csv_file(tmp_path: Path) -> None:
    table, picture = tmp_path / "suite.csv", tmp_path / "suite.png"
    with table.open("w", newline="") as file:
        rows = csv.DictWriter(file, list(asdict(RESULTS[0])))
        rows.writeheader()
        rows.writerows(asdict(one) for one in RESULTS)
    assert read_results(table) == RESULTS
    plot_results(read_results(table), picture)
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_one_file_is_enough(tmp_path: Path) -> None:
    plot_results(RESULTS[:3], tmp_path / "suite.png")
    assert (tmp_path / "suite.png").stat().st_size > 1000
