"""Size against speed of the suite's contestants, as a picture.

python -m benchmarks.plot benchmarks/results.csv out/suite.png
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable
from pathlib import Path

from neurocomp import extras
from neurocomp.bench.contest import Result, totals

FLOOR = "copy"
OURS = "neurocomp"


def comparable(results: Iterable[Result]) -> list[Result]:
    """Return the totals of the contestants over the files that all of them were given.

    The contestant that does nothing is left out: it has no place on a logarithmic axis.
    """
    measured = [one for one in results if one.name != FLOOR]
    names = {one.name for one in measured}
    by_file: dict[str, set[str]] = {}
    for one in measured:
        by_file.setdefault(one.file, set()).add(one.name)
    common = [one for one in measured if by_file[one.file] == names]
    return totals(common) or common


def read_results(path: Path) -> list[Result]:
    """Return the rows of a CSV file that the suite wrote."""
    with path.open(newline="") as file:
        return [
            Result(
                row["file"],
                row["name"],
                int(row["content_bytes"]),
                int(row["compressed_bytes"]),
                float(row["compress_seconds"]),
                float(row["decompress_seconds"]),
            )
            for row in csv.DictReader(file)
        ]


def plot_results(results: Iterable[Result], target: Path) -> None:
    """Draw bits per byte over speed, compressing (filled) and decompressing (hollow), as PNG.

    Args:
        results: of at least one contestant besides the floor.
        target: the file to write; its folder must exist.
    """
    extras.require("a plot", "plot")
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    sums = comparable(results)
    figure = Figure(figsize=(9, 6), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for one in sums:
        color = "tab:blue" if one.name.startswith(OURS) else "tab:gray"
        speeds = (one.compress_speed / 1000, one.decompress_speed / 1000)
        size = one.bits_per_byte
        axes.plot(speeds, (size, size), color=color, alpha=0.4)
        axes.plot(speeds[0], size, "o", color=color)
        axes.plot(speeds[1], size, "o", color=color, fillstyle="none")
        axes.annotate(
            one.name, (speeds[0], size), xytext=(0, 6), textcoords="offset points", ha="center"
        )
    axes.set_xscale("log")
    axes.set_xlabel(
        "1000 bytes of content a second of CPU time: compressing (filled), decompressing (hollow)"
    )
    axes.set_ylabel("bits per byte, headers included")
    axes.set_title(f"{sums[0].content_bytes:,} bytes of content")
    axes.margins(0.1)
    axes.grid(alpha=0.3)
    figure.savefig(target, dpi=120, format="png")


if __name__ == "__main__":
    plot_results(read_results(Path(sys.argv[1])), Path(sys.argv[2]))
