"""The figures of the experiment: bits per token by model, and against parameters."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from neurocomp import extras
from neurocomp.bench.measure import Row

FAMILIES = {
    "neural-ngram": "neural n-grams",
    "recurrent-tokens": "recurrent",
    "transformer": "transformers",
    "bytenet": "recurrent networks of bytes, mixed with contexts",
    "language": "transformers, mixed with contexts",
}
"""Names of the architectures, n-grams apart, in the second figure."""

BARS, SCALING = "bits-per-token", "scaling"


def draw(rows: Sequence[Row], folder: Path) -> list[Path]:
    """Draw both figures as PNG and SVG; return the files written."""
    written = []
    for name, fill in ((BARS, _bars), (SCALING, _scaling)):
        figure = _new_figure()
        fill(figure.add_subplot(), rows)
        for suffix in ("png", "svg"):
            path = folder / f"{name}.{suffix}"
            # Without a date the same rows give the same file.
            metadata = {"Date": None} if suffix == "svg" else None
            figure.savefig(path, dpi=120, format=suffix, metadata=metadata)
            written.append(path)
    return written


def _new_figure() -> Any:
    extras.require("a figure", "plot")
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    matplotlib.rcParams["svg.hashsalt"] = "neurocomp"
    figure = Figure(figsize=(9, 5.5), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _bars(axes: Any, rows: Sequence[Row]) -> None:
    places = range(len(rows))
    axes.bar(
        [place - 0.2 for place in places], [row.arithmetic for row in rows], 0.4, label="arithmetic"
    )
    both = [(place, row.huffman) for place, row in enumerate(rows) if row.huffman is not None]
    axes.bar(
        [place + 0.2 for place, _ in both], [huffman for _, huffman in both], 0.4, label="Huffman"
    )
    bounds = [
        (place, row.table_entropy)
        for place, row in enumerate(rows)
        if row.table_entropy is not None
    ]
    axes.hlines(
        [entropy for _, entropy in bounds],
        [place - 0.45 for place, _ in bounds],
        [place + 0.45 for place, _ in bounds],
        color="black",
        lw=1.5,
        label="bound: entropy of the tables",
    )
    for place, row in zip(places, rows, strict=True):
        gap = "" if row.huffman is None else f"\n{row.huffman - row.arithmetic:+.2f}"
        axes.annotate(
            f"{row.arithmetic:.2f}{gap}",
            (place, max(row.arithmetic, row.huffman or 0)),
            ha="center",
            va="bottom",
            fontsize="small",
        )
    axes.set_xticks(list(places), [row.model for row in rows], rotation=40, ha="right")
    axes.margins(y=0.12)
    axes.set_ylabel("bits per token (whole files)")
    axes.legend()


def _scaling(axes: Any, rows: Sequence[Row]) -> None:
    families: dict[str, list[Row]] = {}
    for row in rows:
        if row.parameters:
            families.setdefault(_family(row), []).append(row)
    for family, members in families.items():
        ordered = sorted(members, key=lambda row: row.parameters)
        axes.plot(
            [row.parameters for row in ordered],
            [row.arithmetic for row in ordered],
            marker="o",
            label=family,
        )
    axes.set_xscale("log")
    axes.set_xlabel("parameters (networks), n-grams (counts)")
    axes.set_ylabel("bits per token, arithmetic coding")
    axes.grid(alpha=0.3)
    axes.legend()


def _family(row: Row) -> str:
    if row.kind != "ngram":
        return FAMILIES.get(row.kind, row.kind)
    _, separator, smoothing = row.model.partition("-gram, ")
    return f"n-grams, {smoothing}" if separator else "n-grams"
