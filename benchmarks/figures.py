"""What the pages show of the published results: ``python -m benchmarks.figures [FOLDER]``.

Draws the front page's chart and that of sizes against speeds, and writes the tables of
docs/benchmarks.md, all from results.csv.  FOLDER is that of a run of the suite "text"
(``neurocomp bench run text``), whose results become the published ones before that.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import matplotlib
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from neurocomp.bench.suite.plots import SPEED, draw
from neurocomp.bench.suite.results import read_results
from neurocomp.bench.suite.rows import Row
from neurocomp.bench.suite.summary import Total, totals
from neurocomp.bench.suite.tables import megabytes

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results.csv"
PAGE = ROOT / "docs" / "benchmarks.md"
SIZES_CHART = ROOT / "docs" / "sizes.svg"
SPEED_CHART = ROOT / "docs" / "benchmarks" / "speed.svg"

COLUMNS = (
    "neurocomp best",
    "neurocomp default",
    "neurocomp fast",
    "zpaq -m5",
    "7z-ppmd",
    "bzip3",
    "brotli -q 11",
    "xz -9e",
    "zstd -19",
)
"""Contenders of the table by file, by the start of their names; the smallest of a row is bold."""

_MOST_LETTERS = 20


def published(path: Path = RESULTS) -> list[Row]:
    """Return the published rows.

    Raises:
        ValueError: a row is of another size than the others of its file, or of a failed run, or a
            contender lacks a file.
    """
    rows = list(read_results(path).rows)
    contents = {row.file: row.content_bytes for row in rows}
    for row in rows:
        if not row.is_ok or contents[row.file] != row.content_bytes:
            raise ValueError(f"{row.file} with {row.contender} is not a sound row")
    for total in totals(rows):
        if total.num_files != len(contents):
            raise ValueError(f"{total.title} has {total.num_files} files of {len(contents)}")
    return rows


def name(contender: str) -> str:
    """Return a contender's name as the pages have it."""
    return contender.replace("--preset ", "")


def label(total: Total) -> str:
    """Return a name that a chart has room for: without flags that are long."""
    full = name(total.title)
    return full if len(full) <= _MOST_LETTERS else total.program


def sorted_totals(rows: Sequence[Row]) -> list[Total]:
    """Return the sums of all contenders but the copy, the smallest first."""
    sums = [one for one in totals(rows) if one.program != "store"]
    return sorted(sums, key=lambda one: one.compressed_bytes)


def totals_table(rows: Sequence[Row]) -> str:
    """Return sizes, speeds and memory of each contender as Markdown."""
    lines = [
        "| | version | bytes | bits per byte | KB/s | KB/s back | MB |",
        "|---|---|---:|---:|---:|---:|---:|",
    ]
    for one in sorted_totals(rows):
        cells = (
            f"**{name(one.title)}**" if one.program == "neurocomp" else name(one.title),
            one.version.partition(" ")[0],
            f"{one.compressed_bytes:,}",
            f"{one.bits_per_byte:.3f}",
            _thousands(one.compress_speed),
            _thousands(one.decompress_speed),
            megabytes(one.memory_bytes),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def by_file_table(rows: Sequence[Row]) -> str:
    """Return bits per byte of each file by the contenders of `COLUMNS` as Markdown."""
    lines = [
        f"| file | bytes | {' | '.join(COLUMNS)} |".replace("neurocomp ", ""),
        f"|---|---:|{'---:|' * len(COLUMNS)}",
    ]
    files = {row.file: row.content_bytes for row in rows}
    for file, num_bytes in files.items():
        bits = [
            next(
                row.bits_per_byte
                for row in rows
                if row.file == file and name(row.contender).startswith(column)
            )
            for column in COLUMNS
        ]
        cells = [f"**{one:.3f}**" if one == min(bits) else f"{one:.3f}" for one in bits]
        lines.append(f"| {file.rpartition('/')[2]} | {num_bytes:,} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _thousands(speed: float | None) -> str:
    return "-" if speed is None else f"{speed / 1000:,.0f}"


def with_tables(page: str, rows: Sequence[Row]) -> str:
    """Return a page whose tables, each between two comments, are those of the rows.

    Raises:
        ValueError: the page has no place for one.
    """
    for title, table in (("totals", totals_table(rows)), ("by file", by_file_table(rows))):
        first, last = f"<!-- {title} -->\n", f"\n<!-- end of {title} -->"
        before, begins, rest = page.partition(first)
        _, ends, after = rest.partition(last)
        if not (begins and ends):
            raise ValueError(f"the page has no comments around the table '{title}'")
        page = f"{before}{first}{table}{last}{after}"
    return page


def draw_sizes(rows: Sequence[Row], path: Path) -> None:
    """Draw bits per byte of all files as SVG."""
    sums = sorted_totals(rows)
    bits = [one.bits_per_byte for one in sums]
    num_files = len({row.file for row in rows})
    with matplotlib.rc_context({"svg.hashsalt": "neurocomp"}):
        figure = Figure(figsize=(7.6, 0.6 + 0.27 * len(sums)), layout="constrained")
        FigureCanvasSVG(figure)
        axes = figure.add_subplot()
        colours = ["#00796b" if one.program == "neurocomp" else "#b0bec5" for one in sums]
        bars = axes.barh([label(one) for one in sums], bits, color=colours)
        axes.bar_label(bars, fmt="%.3f", padding=4)
        axes.invert_yaxis()
        axes.spines[["top", "right", "bottom"]].set_visible(False)
        axes.set_xticks([])
        axes.set_xlim(0, 1.1 * max(bits))
        axes.set_xlabel(f"bits per byte of {num_files} files, less is better")
        figure.savefig(path, format="svg", metadata={"Date": None})


def main() -> None:
    """Write charts and tables."""
    if len(sys.argv) > 1:
        shutil.copyfile(Path(sys.argv[1]) / "results.csv", RESULTS)
    rows = published()
    draw_sizes(rows, SIZES_CHART)
    with tempfile.TemporaryDirectory() as folder:
        draw(read_results(RESULTS), Path(folder))
        shutil.copyfile(Path(folder) / f"{SPEED}.svg", SPEED_CHART)
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8"), rows), encoding="utf-8")


if __name__ == "__main__":
    main()
