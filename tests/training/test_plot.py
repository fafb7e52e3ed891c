"""A plot has one pair of axes for each unit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from matplotlib.figure import Figure

from neurocomp.training.log import RunLog
from neurocomp.training.plot import Curves, curves_of, plot_run


def write_run(folder: Path, *, with_units: bool = True) -> None:
    log = RunLog(folder)
    units = {"psnr": "dB", "bound": "bits per dim", "perplexity": "share of K"}
    more: dict[str, Any] = {"units": units} if with_units else {}
    for step in (1, 2):
        log.write("step", step, loss=5.0 - step, unit="bits per dim")
        metrics = {"psnr": 20.0 + step, "bound": 4.0, "perplexity": float("nan")}
        log.write("validation", step, metrics=metrics, **more)


def test_curves_of_one_unit_share_their_axes(tmp_path: Path) -> None:
    from neurocomp.training.log import read_log

    write_run(tmp_path)
    assert curves_of(read_log(tmp_path)) == [
        Curves("bits per dim", [(1, 4.0), (2, 3.0)], {"bound": [(1, 4.0), (2, 4.0)]}),
        Curves("dB", [], {"psnr": [(1, 21.0), (2, 22.0)]}),
    ]


@pytest.mark.parametrize("with_units", [True, False])
def test_the_picture(with_units: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A log of an earlier version, without units, has its measures apart from the loss."""
    drawn: list[Figure] = []
    save = Figure.savefig

    def note(figure: Figure, *places: Any, **options: Any) -> None:
        drawn.append(figure)
        save(figure, *places, **options)

    monkeypatch.setattr(Figure, "savefig", note)
    write_run(tmp_path, with_units=with_units)
    assert plot_run(tmp_path).read_bytes().startswith(b"\x89PNG")
    (figure,) = drawn
    titles = [axes.get_ylabel() for axes in figure.axes]
    assert titles == ["bits per dim", "dB" if with_units else "validation"]
    assert len(figure.axes[0].get_legend_handles_labels()[1]) == (2 if with_units else 1)


def test_a_log_without_a_step(tmp_path: Path) -> None:
    RunLog(tmp_path).write("resumed", 0)
    assert plot_run(tmp_path).is_file()
