"""Results as files, their sums, and two of them compared."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import pytest

from neurocomp.bench.suite.compare import Verdict, compare
from neurocomp.bench.suite.results import (
    Results,
    read_results,
    to_csv,
    to_json,
    write_results,
)
from neurocomp.bench.suite.rows import Row, State
from neurocomp.bench.suite.summary import comparable, gains, pareto, short_labels, totals
from neurocomp.bench.suite.tables import markdown
from neurocomp.errors import FormatError
from tests.bench.suite.programs import row


def results(*rows: Row, **changes: object) -> Results:
    values: dict[str, object] = {
        "title": "Mine",
        "note": "a note",
        "machine": "m",
        "commit": "abc",
        "date": "2026-01-01T00:00:00Z",
        "repeats": 3,
        "timeout": 9.5,
        "rows": rows,
        "left_out": (("zpaq", "not installed"),),
    }
    return Results(**{**values, **changes})  # type: ignore[arg-type]


MIXED = results(
    row("a", "xz -9", 400),
    row("a", "neurocomp -9", 100, model_bytes=5000, program_bytes=70, unit="token", num_units=200),
    row("b", "xz -9", 500, content_bytes=2000),
    row("b", "neurocomp -9", 0, content_bytes=2000, state=State.TIMEOUT, message="late | really"),
)


def test_json_gives_the_same_back(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    path.write_text(to_json(MIXED))
    assert read_results(path) == MIXED


def test_csv_has_every_row(tmp_path: Path) -> None:
    path = tmp_path / "results.csv"
    path.write_text(to_csv(MIXED.rows))
    lines = list(csv.DictReader(io.StringIO(path.read_text())))
    assert float(lines[1]["bits_per_byte"]) == pytest.approx(0.8)
    assert float(lines[1]["bits_per_unit"]) == pytest.approx(4.0)
    assert (lines[1]["with_model_bytes"], lines[1]["with_program_bytes"]) == ("5100", "5170")
    assert read_results(path).rows == MIXED.rows


def test_what_is_no_result_is_refused(tmp_path: Path) -> None:
    wrong = {"a.json": "{}", "b.json": "[1", "c.json": '{"format": 9}', "d.csv": "x\n1\n"}
    for name, text in wrong.items():
        (tmp_path / name).write_text(text)
        with pytest.raises(FormatError, match="is not a result of 'neurocomp bench run'"):
            read_results(tmp_path / name)


def test_markdown_has_sums_files_and_failures(tmp_path: Path) -> None:
    text = markdown(MIXED)
    assert text.startswith("# Mine\n\na note\n")
    assert "| a | 1000 | 3.200 | 0.800 |" in text
    assert "| b | 2000 | 2.000 | timeout |" in text
    assert "late \\| really" in text
    assert "| zpaq | not installed |" in text
    written = write_results(MIXED, tmp_path, text)
    assert [path.name for path in written] == ["results.json", "results.csv", "results.md"]


def test_totals_are_of_rows_that_went_well() -> None:
    sums = {total.title: total for total in totals(MIXED.rows)}
    assert (sums["xz -9"].num_files, sums["xz -9"].content_bytes) == (2, 3000)
    assert sums["xz -9"].bits_per_byte == pytest.approx(8 * 900 / 3000)
    assert sums["xz -9"].compress_speed == pytest.approx(3000)
    ours = sums["neurocomp -9"]
    assert (ours.num_files, ours.num_failed, ours.compressed_bytes) == (1, 1, 100)
    assert (ours.unit, ours.bits_per_unit) == ("token", 4.0)
    assert ours.with_model_bytes == 5100


def test_a_place_on_the_chart_takes_every_file() -> None:
    assert [total.title for total in comparable(MIXED.rows)] == ["xz -9"]
    only = [replace(one, file=one.title) for one in MIXED.rows[:2]]
    assert comparable(only) == []  # no file that both got right
    shared = [*MIXED.rows[:2], row("c", "xz -9"), row("d", "neurocomp -9")]
    assert [(one.title, one.content_bytes) for one in comparable(shared)] == [
        ("xz -9", 1000),
        ("neurocomp -9", 1000),
    ]


def test_the_front() -> None:
    points = [(1.0, 5.0), (2.0, 3.0), (3.0, 4.0), (4.0, 6.0), (4.0, 7.0), (0.5, 2.0)]
    assert pareto(points) == [3, 2, 1, 5]


def test_gains_over_xz() -> None:
    found = gains(MIXED.rows)
    [(gainer, gain)] = found["a"]
    assert (gainer.title, gain) == ("neurocomp -9", 0.75)
    assert "b" not in found
    assert gains([row("a", "zstd -19")]) == {}


def test_short_labels() -> None:
    rows = [row("a", "xz -9"), row("a", "neurocomp --preset fast"), row("a", "neurocomp -9")]
    assert list(short_labels(totals(rows)).values()) == ["xz", "neurocomp fast", "neurocomp -9"]


def verdicts(before: Row, now: Row, noise: float = 0.05) -> dict[str, str]:
    found = compare(results(before), results(now), noise)
    return {one.measure: str(one.verdict) for one in found.differences}


def test_a_size_differs_by_a_byte() -> None:
    assert verdicts(row(size=400), row(size=401))["size"] == "worse"
    assert verdicts(row(size=400), row(size=399))["size"] == "better"
    assert verdicts(row(size=400), row(size=400, version="2"))["size"] == "same"


def test_a_time_differs_beyond_noise() -> None:
    def timed(*seconds: float) -> Row:
        middle = sorted(seconds)[len(seconds) // 2]
        return row(compress_cpu=middle, compress_cpus=seconds)

    assert verdicts(timed(1.0), timed(1.04))["compressing"] == "same"
    assert verdicts(timed(1.0), timed(1.2))["compressing"] == "worse"
    assert verdicts(timed(1.0), timed(1.2), noise=0.3)["compressing"] == "same"
    assert verdicts(timed(1.2), timed(1.0))["compressing"] == "better"
    # A run that was as fast says that the machine was busy.
    assert verdicts(timed(1.0, 1.0, 1.25), timed(1.2, 1.21, 1.22))["compressing"] == "same"
    assert verdicts(timed(1.0, 1.0, 1.1), timed(1.2, 1.21, 1.22))["compressing"] == "worse"


def test_threads_that_wait_show_in_real_time() -> None:
    def timed(threads: int, *seconds: float) -> Row:
        middle = sorted(seconds)[len(seconds) // 2]
        return row(threads=threads, decompress_wall=middle, decompress_walls=seconds)

    name = "decompressing, real time"
    found = verdicts(timed(2, 1.0, 1.0, 1.1), timed(2, 1.9, 2.0, 2.1))
    assert found[name] == "worse"
    assert found["decompressing"] == found["compressing, real time"] == "same"
    assert verdicts(timed(2, 1.0, 1.0, 2.0), timed(2, 1.9, 2.0, 2.1))[name] == "same"
    assert verdicts(timed(2, 2.0), timed(2, 1.0))[name] == "better"
    assert name not in verdicts(timed(1, 1.0), timed(1, 2.0))


def test_memory_counts_and_another_machine_does_not() -> None:
    assert verdicts(row(), row(compress_memory=60_000_000))["memory"] == "worse"
    assert set(verdicts(row(), row(machine="other", compress_cpu=9.0))) == {"size"}
    assert not compare(results(row()), results(row(machine="other"))).same_machine


def test_rows_that_broke_or_were_mended() -> None:
    bad = row(state=State.WRONG, message="decoded to 3 bytes")
    assert verdicts(row(), bad) == {"state": str(Verdict.BROKEN)}
    assert verdicts(bad, row()) == {"state": str(Verdict.MENDED)}
    assert verdicts(bad, bad) == {}
    assert verdicts(row(), row(content_sha256="1" * 64)) == {"state": "other content"}
    assert compare(results(row()), results(bad)).is_worse
    assert not compare(results(bad), results(row())).is_worse


def test_rows_of_one_result_only() -> None:
    found = compare(results(row("a"), row("b")), results(row("b"), row("c")))
    assert (found.only_before, found.only_now) == ((("a", "xz -9"),), (("c", "xz -9"),))
    assert {one.file for one in found.differences} == {"b"}
