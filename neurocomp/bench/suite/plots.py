"""The plots of a suite as PNG and SVG: ratio against speed, gain over xz, bits by model size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from neurocomp import extras
from neurocomp.bench.suite.results import Results
from neurocomp.bench.suite.rows import Row
from neurocomp.bench.suite.summary import (
    BASELINE,
    SHOWN_GAIN,
    Total,
    comparable,
    gains,
    pareto,
    short_labels,
)

SPEED, GAIN, MODELS = "speed", "gain", "models"
FLOOR = "store"
_OURS = "neurocomp"
_NO_WEIGHTS_BYTES = 1e5
"""The place of models without weights on the axis of weights."""


def draw(results: Results, folder: Path) -> list[Path]:
    """Draw the plots that the rows are enough for; return the files written.

    Raises:
        MissingPackageError: matplotlib is not installed.
    """
    extras.require("plots", "plot")
    # What makes nothing smaller has no place on a plot of sizes.
    sums = [one for one in comparable(results.rows) if one.compressed_bytes < one.content_bytes]
    written: list[Path] = []
    if any(total.compress_speed for total in sums):
        written += _save(folder, SPEED, (9, 6), lambda axes: _speed(axes, sums))
    by_file = gains(results.rows)
    if by_file:
        height = max(4.0, 1.5 + 0.3 * len(by_file))
        written += _save(folder, GAIN, (9, height), lambda axes: _gain(axes, by_file))
    if any(total.model_bytes for total in sums):
        written += _save(folder, MODELS, (9, 5.5), lambda axes: _models(axes, sums))
    return written


def _save(
    folder: Path, name: str, size: tuple[float, float], fill: Callable[[Any], None]
) -> list[Path]:
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    # Without a date and random names the same rows give the same file.
    with matplotlib.rc_context({"svg.hashsalt": "neurocomp"}):
        figure = Figure(figsize=size, layout="constrained")
        FigureCanvasAgg(figure)
        fill(figure.add_subplot())
        paths = []
        for suffix in ("png", "svg"):
            path = folder / f"{name}.{suffix}"
            metadata = {"Date": None} if suffix == "svg" else None
            figure.savefig(path, dpi=120, format=suffix, metadata=metadata)
            paths.append(path)
    return paths


def _colour(program: str) -> str:
    return "tab:blue" if program == _OURS else "tab:gray"


def _speed(axes: Any, sums: Sequence[Total]) -> None:
    points = [(one.compress_speed, one.bits_per_byte) for one in sums if one.compress_speed]
    known = [one for one in sums if one.compress_speed]
    front = [points[k] for k in pareto(points)]
    axes.step(*zip(*front, strict=True), where="post", color="tab:orange", alpha=0.6, zorder=0)
    labels = short_labels(sums)
    for one in known:
        size, back = one.bits_per_byte, one.decompress_speed
        colour = _colour(one.program)
        axes.plot(one.compress_speed, size, "o", color=colour)
        if back:
            axes.plot((one.compress_speed, back), (size, size), color=colour, alpha=0.3)
            axes.plot(back, size, "o", color=colour, fillstyle="none")
        axes.annotate(
            labels[one.title],
            (one.compress_speed, size),
            xytext=(0, 6),
            textcoords="offset points",
            ha="center",
            fontsize="small",
        )
    axes.set_xscale("log")
    axes.set_xlabel("bytes of content per second of CPU time: compressing (filled), back (hollow)")
    axes.set_ylabel("bits per byte, headers included")
    axes.set_title(f"{known[0].content_bytes:,} bytes of content; orange: none is better in both")
    axes.margins(0.12)
    axes.grid(alpha=0.3)


def _gain(axes: Any, by_file: dict[str, list[tuple[Row, float]]]) -> None:
    ours = list(
        dict.fromkeys(
            row.title for group in by_file.values() for row, _ in group if row.program == _OURS
        )
    )
    colours = {title: f"C{place % 10}" for place, title in enumerate(ours)}
    for place, group in enumerate(by_file.values()):
        for row, gain in group:
            if row.program == FLOOR:
                continue
            is_ours = row.program == _OURS
            axes.plot(
                100 * max(gain, SHOWN_GAIN),
                place,
                "o" if is_ours else "|",
                color=colours.get(row.title, "tab:gray"),
                alpha=0.9 if is_ours else 0.6,
            )
    for title, colour in colours.items():
        axes.plot([], [], "o", color=colour, label=title)
    axes.plot([], [], "|", color="tab:gray", label="others")
    axes.axvline(0, color="black", lw=0.8)
    axes.set_yticks(range(len(by_file)), list(by_file), fontsize="small")
    axes.invert_yaxis()
    axes.set_xlabel(f"smaller than {BASELINE}, per cent (at the edge: more than twice as large)")
    axes.grid(alpha=0.3, axis="x")
    axes.legend(fontsize="small")


def _models(axes: Any, sums: Sequence[Total]) -> None:
    labels = short_labels(sums)
    for one in sums:
        place = one.model_bytes or _NO_WEIGHTS_BYTES
        axes.plot(place, one.bits_per_byte, "o", color=_colour(one.program))
        if one.program == _OURS or one.model_bytes:
            axes.annotate(
                labels[one.title],
                (place, one.bits_per_byte),
                xytext=(6, 4),
                textcoords="offset points",
                fontsize="small",
            )
    axes.axvline(2 * _NO_WEIGHTS_BYTES, color="black", lw=0.5, alpha=0.5)
    axes.set_xscale("log")
    axes.set_xlabel("bytes of weights that a reader needs in addition to the program (left: none)")
    axes.set_ylabel("bits per byte, weights not counted")
    axes.margins(0.2)
    axes.grid(alpha=0.3)
