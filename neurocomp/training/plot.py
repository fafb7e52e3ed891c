"""The plot of a training run."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

from neurocomp import extras
from neurocomp.errors import MissingPackageError
from neurocomp.store.files import write_atomically
from neurocomp.training.log import read_log

PLOT_NAME = "loss.png"


def plot_run(folder: Path) -> Path:
    """Draw training loss and validation by kind over the steps; return the file written.

    Args:
        folder: of a run; its log has at least one step.

    Raises:
        MissingPackageError: matplotlib is not installed.
    """
    extras.require("a plot", "plot")
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    events = read_log(folder)
    figure = Figure(figsize=(8, 5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    steps = [one for one in events if one["event"] == "step" and one["loss"] is not None]
    axes.plot([e["step"] for e in steps], [e["loss"] for e in steps], color="0.8", label="training")
    validations = [event for event in events if event["event"] == "validation"]
    lowest = [event["loss"] for event in steps]
    for name in dict.fromkeys(name for event in validations for name in event["metrics"]):
        points = [
            (e["step"], e["metrics"][name])
            for e in validations
            if e["metrics"].get(name) is not None
        ]
        if not points:
            continue
        axes.plot(*zip(*points, strict=True), marker=".", label=name)
        lowest += [value for _, value in points]
    losses = sorted(event["loss"] for event in steps)
    if losses:
        top = 1.2 * losses[int(0.95 * (len(losses) - 1))]  # not the first moments
        axes.set_ylim(min(lowest) - 0.05 * abs(top - min(lowest)), top)
    axes.set_xlabel("step")
    axes.set_ylabel(str(steps[0]["unit"]) if steps else "loss")
    axes.grid(alpha=0.3)
    if axes.get_legend_handles_labels()[0]:
        axes.legend()
    picture = io.BytesIO()
    figure.savefig(picture, dpi=120, format="png")
    target = folder / PLOT_NAME
    write_atomically(target, picture.getvalue())
    return target


def tell_plot(folder: Path, tell: Callable[[str], None]) -> None:
    """Draw the plot at a training's end, and tell where it is, or what it lacks."""
    try:
        tell(f"plot: {plot_run(folder)}")
    except MissingPackageError as error:
        tell(str(error))
