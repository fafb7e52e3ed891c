"""``neurocomp bench compare``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from neurocomp.cli.options import message_options
from neurocomp.cli.ui.report import ExitCode, Reporter
from neurocomp.cli.ui.text import format_table

if TYPE_CHECKING:
    from neurocomp.bench.suite.compare import Difference

_HEADER = ("file", "contender", "what", "before", "now", "change", "")
_RESULTS = click.Path(path_type=Path)


@click.command(short_help="Compare two results: what grew, what slowed.")
@click.argument("old", type=_RESULTS)
@click.argument("new", type=_RESULTS)
@click.option(
    "--noise",
    type=click.FloatRange(0, 1000),
    default=5.0,
    show_default=True,
    metavar="PERCENT",
    help="Ignore differences in time and memory below this.",
)
@click.option("--all", "show_all", is_flag=True, help="Show unchanged rows too.")
@click.option("--check", is_flag=True, help="Exit with code 1 if anything is worse.")
@message_options
def compare(**values: Any) -> int:
    """Compare the results OLD and NEW of 'bench run': results.json files, or their folders.

    Rows of the same file, contender and threads are compared, whatever their versions. Any change
    of size counts. A time counts as changed if its median differs by more than the noise, and all
    runs of one are faster than all runs of the other, so run suites with --repeat 5. Times are CPU
    time; with several threads, real time is compared too. Results from different machines are
    compared by size only.

    \b
    Example:
      neurocomp bench compare before/text now/text --check
    """
    from neurocomp.bench.suite.compare import Verdict
    from neurocomp.bench.suite.compare import compare as compare_results
    from neurocomp.bench.suite.results import read_results

    reporter = Reporter(quiet=values["quiet"], verbose=values["verbose"])
    old, new = (
        read_results(path / "results.json" if path.is_dir() else path)
        for path in (values["old"], values["new"])
    )
    found = compare_results(old, new, values["noise"] / 100)
    shown = [one for one in found.differences if values["show_all"] or one.verdict != Verdict.SAME]
    if shown:
        click.echo(format_table(_HEADER, [_cells(one) for one in shown], num_left=3))
    counts = {
        verdict: sum(one.verdict == verdict for one in found.differences) for verdict in Verdict
    }
    told = ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count)
    click.echo(f"{'' if not shown else chr(10)}{len(found.differences)} compared: {told or 'none'}")
    if not found.same_machine:
        reporter.note("the results come from different machines: times and memory are not compared")
    for keys, which in ((found.only_before, "OLD"), (found.only_now, "NEW")):
        if keys:
            reporter.note(f"{len(keys)} rows are only in {which}")
            for file, title in keys:
                reporter.detail(f"only in {which}: {file}, {title}")
    return ExitCode.ERROR if values["check"] and found.is_worse else ExitCode.OK


def _cells(one: Difference) -> tuple[str, ...]:
    def shown(value: float | None) -> str:
        if value is None:
            return "-"
        return f"{value:.3f} s" if "compressing" in one.measure else f"{value:.0f}"

    change = "" if one.change is None else f"{100 * one.change:+.2f} %"
    verdict = str(one.verdict) + (f": {one.message}" if one.message else "")
    return (one.file, one.title, one.measure, shown(one.before), shown(one.now), change, verdict)
