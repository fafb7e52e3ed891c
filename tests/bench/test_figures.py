"""The pages show what the published results say."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.figures import (
    PAGE,
    RESULTS,
    SIZES_CHART,
    SPEED_CHART,
    draw_sizes,
    label,
    name,
    published,
    sorted_totals,
    with_tables,
)


def test_the_pages_tables_are_those_of_the_results() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert with_tables(page, published()) == page


def test_the_chart_is_that_of_the_results(tmp_path: Path) -> None:
    draw_sizes(published(), tmp_path / "sizes.svg")
    for one in sorted_totals(published()):
        assert f"<!-- {label(one)} -->" in SIZES_CHART.read_text(encoding="utf-8")
        assert f"<!-- {one.bits_per_byte:.3f} -->" in SIZES_CHART.read_text(encoding="utf-8")
    assert (tmp_path / "sizes.svg").stat().st_size > 1000
    assert SPEED_CHART.is_file()


def test_the_presets_are_in_order_and_decoded() -> None:
    first = [name(one.title) for one in sorted_totals(published())][:3]
    assert first == ["neurocomp best", "neurocomp default", "neurocomp fast"]
    assert {row.compared for row in published()} == {"bytes"}


def test_a_failed_row_is_refused(tmp_path: Path) -> None:
    text = RESULTS.read_text().replace(",ok,", ",failed,", 1)
    (tmp_path / "results.csv").write_text(text)
    with pytest.raises(ValueError, match="not a sound row"):
        published(tmp_path / "results.csv")


def test_a_row_that_is_missing_is_found(tmp_path: Path) -> None:
    lines = RESULTS.read_text().splitlines(keepends=True)
    (tmp_path / "results.csv").write_text("".join(lines[:-1]))
    with pytest.raises(ValueError, match="files of"):
        published(tmp_path / "results.csv")


def test_a_page_without_a_place_is_refused() -> None:
    with pytest.raises(ValueError, match="no comments around the table 'totals'"):
        with_tables("# Benchmarks\n", published())
