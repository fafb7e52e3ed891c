"""Draw the front page's chart of the published results: ``python -m benchmarks.chart``."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

import matplotlib
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results.csv"
CHART = ROOT / "docs" / "sizes.svg"


def bits_per_byte(path: Path = RESULTS) -> dict[str, float]:
    """Return what each contender makes of the files that all of them have, the smallest first.

    Raises:
        ValueError: a row is of another size than the others of its file, or of a failed run.
    """
    sizes: dict[str, dict[str, int]] = defaultdict(dict)
    contents: dict[str, int] = {}
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            size = int(row["content_bytes"])
            if row["state"] != "ok" or contents.setdefault(row["file"], size) != size:
                raise ValueError(f"{row['file']} with {row['contender']} is no sound row")
            if row["contender"] != "store":
                name = row["contender"].replace("--preset ", "")
                sizes[name][row["file"]] = int(row["compressed_bytes"])
    shared = set.intersection(*(set(one) for one in sizes.values()))
    total = sum(contents[name] for name in shared)
    found = {
        contender: 8 * sum(one[name] for name in shared) / total for contender, one in sizes.items()
    }
    return dict(sorted(found.items(), key=lambda item: item[1]))


def main() -> None:
    """Write the chart as SVG."""
    matplotlib.rcParams["svg.hashsalt"] = "neurocomp"
    figure = Figure(figsize=(7.6, 2.9), layout="constrained")
    FigureCanvasSVG(figure)
    axes = figure.add_subplot()
    found = bits_per_byte()
    colours = ["#00796b" if name.startswith("neurocomp") else "#b0bec5" for name in found]
    bars = axes.barh(list(found), list(found.values()), color=colours)
    axes.bar_label(bars, fmt="%.3f", padding=4)
    axes.invert_yaxis()
    axes.spines[["top", "right", "bottom"]].set_visible(False)
    axes.set_xticks([])
    axes.set_xlim(0, 1.1 * max(found.values()))
    axes.set_xlabel("bits per byte of 40 files, less is better")
    figure.savefig(CHART, format="svg", metadata={"Date": None})


if __name__ == "__main__":
    main()
