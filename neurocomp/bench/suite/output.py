"""The end of a run: its results, and all the files that show them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from neurocomp import extras
from neurocomp.bench.suite import machine
from neurocomp.bench.suite.definition import Suite
from neurocomp.bench.suite.plots import draw
from neurocomp.bench.suite.report import render
from neurocomp.bench.suite.results import Results, write_results
from neurocomp.bench.suite.rows import Row
from neurocomp.bench.suite.runner import Plan, jobs_of
from neurocomp.bench.suite.tables import markdown
from neurocomp.store.files import write_atomically

REPORT = "report.html"


def gather(
    suite: Suite, plan: Plan, rows: Sequence[Row], left_out: Sequence[tuple[str, str]]
) -> Results:
    """Return the results of a run, its rows in the order of files and contenders.

    Args:
        suite, plan: the suite and the plan that were run.
        rows: the rows, in the order they were measured.
        left_out: files and contenders that took no part, each with the reason.
    """
    jobs = [job for group in jobs_of(plan) for job in group]
    order = {(job.content.name, job.title): place for place, job in enumerate(jobs)}
    return Results(
        title=suite.title,
        note=suite.note,
        machine=machine.machine(),
        commit=machine.commit(),
        date=machine.now(),
        repeats=plan.repeats,
        timeout=plan.timeout,
        rows=tuple(sorted(rows, key=lambda row: order[row.file, row.title])),
        left_out=tuple(left_out),
    )


def write_all(results: Results, folder: Path) -> bool:
    """Write JSON, CSV, Markdown, the report and, where matplotlib is installed, plots.

    Returns:
        Whether there are plots.
    """
    write_results(results, folder, markdown(results))
    write_atomically(folder / REPORT, render(results).encode())
    has_plots = extras.has("matplotlib")
    if has_plots:
        draw(results, folder)
    return has_plots
