"""The plot of a training run: one pair of axes for each unit, one above the other."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from neurocomp import extras
from neurocomp.errors import MissingPackageError
from neurocomp.store.files import write_atomically
from neurocomp.training.log import read_log

PLOT_NAME = "loss.png"
_WIDTH, _HEIGHT = 8.0, 3.2
"""Inches; a single pair of axes is half as high again."""

Points = list[tuple[int, float]]
"""Steps and values, in order."""


@dataclass
class Curves:
    """The curves in one pair of axes.

    Attributes:
        unit: unit of all values.
        training: the loss; no points where it has another unit.
        measures: measures on validation data, by name.
    """

    unit: str
    training: Points = field(default_factory=list)
    measures: dict[str, Points] = field(default_factory=dict)


def curves_of(events: Sequence[dict[str, Any]]) -> list[Curves]:
    """Return the curves of a log's events by their units, that of the loss first.

    Logs of versions before this one don't say the units of measures: these are all drawn together.
    """
    found: dict[str, Curves] = {}
    for event in events:
        if event["event"] == "step" and event["loss"] is not None:
            unit = str(event["unit"])
            found.setdefault(unit, Curves(unit)).training.append((event["step"], event["loss"]))
    for event in events:
        if event["event"] != "validation":
            continue
        for name, value in event["metrics"].items():
            if value is not None:
                unit = str(event.get("units", {}).get(name, "validation"))
                measures = found.setdefault(unit, Curves(unit)).measures
                measures.setdefault(name, []).append((event["step"], value))
    return list(found.values())


def plot_run(folder: Path) -> Path:
    """Draw training loss and validation over the steps; return the file written.

    Args:
        folder: folder of a run; its log has at least one step.

    Raises:
        MissingPackageError: matplotlib is not installed.
    """
    extras.require("a plot", "plot")
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    curves = curves_of(read_log(folder)) or [Curves("loss")]
    height = _HEIGHT * max(len(curves), 1.5)
    figure = Figure(figsize=(_WIDTH, height), layout="constrained")
    FigureCanvasAgg(figure)
    rows = figure.subplots(len(curves), sharex=True, squeeze=False)
    for row, one in zip(rows, curves, strict=True):
        _draw(row[0], one)
    figure.axes[-1].set_xlabel("step")
    picture = io.BytesIO()
    figure.savefig(picture, dpi=120, format="png")
    target = folder / PLOT_NAME
    write_atomically(target, picture.getvalue())
    return target


def _draw(axes: Any, curves: Curves) -> None:
    if curves.training:
        axes.plot(*zip(*curves.training, strict=True), color="0.8", label="training")
    for name, points in curves.measures.items():
        axes.plot(*zip(*points, strict=True), marker=".", label=name)
    losses = sorted(value for _, value in curves.training)
    if losses:
        top = 1.2 * losses[int(0.95 * (len(losses) - 1))]  # not the first moments
        values = [value for points in curves.measures.values() for _, value in points]
        lowest = min([*losses, *values])
        axes.set_ylim(lowest - 0.05 * abs(top - lowest), top)
    axes.set_ylabel(curves.unit)
    axes.grid(alpha=0.3)
    if axes.get_legend_handles_labels()[0]:
        axes.legend()


def tell_plot(folder: Path, tell: Callable[[str], None]) -> None:
    """Draw the plot at a training's end, and tell where it is, or what it lacks."""
    try:
        tell(f"plot: {plot_run(folder)}")
    except MissingPackageError as error:
        tell(str(error))
