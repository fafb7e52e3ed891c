"""The front page's chart is what the published results say."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.chart import CHART, RESULTS, bits_per_byte


def test_the_chart_has_the_published_figures() -> None:
    found = bits_per_byte()
    assert list(found)[:3] == ["neurocomp best", "neurocomp default", "neurocomp fast"]
    page = (RESULTS.parents[1] / "docs" / "benchmarks.md").read_text()
    assert f"{found['neurocomp best']:.3f}" in page
    assert CHART.is_file()


def test_a_failed_row_is_refused(tmp_path: Path) -> None:
    text = RESULTS.read_text().replace(",ok,", ",failed,", 1)
    (tmp_path / "results.csv").write_text(text)
    with pytest.raises(ValueError, match="no sound row"):
        bits_per_byte(tmp_path / "results.csv")
