"""``neurocomp bench run``."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from neurocomp.cli.commands.bench.delegated import refuse_unused, run_article
from neurocomp.cli.files.inputs import find_inputs
from neurocomp.cli.options import (
    STDIN,
    InputOptions,
    build,
    message_options,
    model_path_option,
    recursive_option,
)
from neurocomp.cli.paths import FilePath
from neurocomp.cli.ui.progress import is_progress_shown
from neurocomp.cli.ui.report import ExitCode, Reporter, display
from neurocomp.cli.ui.text import format_table, size_callback
from neurocomp.errors import UsageError

if TYPE_CHECKING:
    from neurocomp.bench.suite.contents import Content, Missing
    from neurocomp.bench.suite.definition import Suite
    from neurocomp.bench.suite.results import Results
    from neurocomp.bench.suite.rows import Row
    from neurocomp.bench.suite.runner import Plan

_FOLDER = "bench-results"
_FILES = "files"


@click.command(short_help="Run suites: each row decoded and compared.")
@click.argument("names", nargs=-1, required=True, metavar="SUITE...")
@click.option("--files", "are_files", is_flag=True, help="The arguments are files, not suites.")
@recursive_option
@click.option(
    "-c",
    "--contender",
    "contenders",
    multiple=True,
    metavar="SPEC",
    help="Measure this instead of the suite's contenders: a program from 'bench list' with flags, "
    "such as 'xz -9e' or 'neurocomp -9'; @presets, @models, @peers, @pictures; store. "
    "May be repeated.",
)
@click.option(
    "-m",
    "--model",
    "models",
    multiple=True,
    metavar="NAME",
    help="Measure this model too: as for 'compress', or a checkpoint as for 'models import'.",
)
@click.option(
    "--coder",
    "coders",
    type=click.Choice(["arithmetic", "huffman"]),
    multiple=True,
    help="A coder to measure the models with.  [default: arithmetic]",
)
@click.option(
    "--command",
    "commands",
    multiple=True,
    metavar="'NAME: COMMAND ; COMMAND'",
    help="Measure any other program too: the commands that compress {in} to {out} and decompress "
    "it. '< {in}', '> {out}' and {threads} work as well. May be repeated.",
)
@click.option(
    "--peers/--no-peers", default=True, help="Measure other compressors, or leave them out."
)
@click.option(
    "-T",
    "--threads",
    metavar="N[,N]...",
    help="Numbers of threads instead of the suite's; 1..n for powers of two up to all cores.",
)
@click.option(
    "--limit",
    "limit_bytes",
    callback=size_callback,
    metavar="SIZE",
    help="Take only the start of each file.",
)
@click.option(
    "--repeat",
    "repeats",
    type=click.IntRange(1, 100),
    default=1,
    metavar="N",
    help="Take medians of N runs; contenders take turns.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(0, min_open=True),
    metavar="SECONDS",
    help="Stop a program that takes longer to compress or decompress, and mark its row.",
)
@click.option("--retry", is_flag=True, help="Run failed rows again.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default=_FOLDER,
    show_default=True,
    metavar="FOLDER",
    help="Write results here, each suite to a folder of its name.",
)
@click.option(
    "--tokenizer",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Folder with GPT-2's vocab.json and merges.txt, which the suite 'article' needs.",
)
@click.option(
    "--train",
    "corpus",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar="FILE",
    help="Text for the n-grams of the suite 'article', .txt or .xz. May be repeated.",
)
@model_path_option
@message_options
def run(**values: Any) -> int:
    """Run each SUITE: compress all its files with all its contenders, decompress, compare.

    A SUITE is a name from 'neurocomp bench list', or a TOML file made by 'neurocomp bench new'.
    Each contender runs in a process of its own, whose CPU time, real time and memory are measured.
    FOLDER/SUITE gets results.json, results.csv, results.md, plots, and report.html, which opens
    offline. Finished rows are not run again: after an interruption the same command resumes, and
    measures again only what has changed (a file, a version, flags, the machine).

    \b
    Examples:
      neurocomp bench run text
      neurocomp bench run small --repeat 5 -o before
      neurocomp bench run --files book.txt notes.pdf -c @presets -c 'zstd --ultra -22' -c store
      neurocomp bench run speed -m smollm2 --timeout 600
      neurocomp bench run --files a.txt --command 'mine: my -c {in} {out} ; my -d {in} {out}'

    \b
    Exit codes:
      0  every row was decoded and compared
      1  a row failed, or no file of a suite is on this machine
    """
    reporter = Reporter(quiet=values["quiet"], verbose=values["verbose"])

    from neurocomp.bench.suite.contents import of_paths, resolve
    from neurocomp.bench.suite.definition import Suite, load_suite

    work: list[tuple[Suite, list[Content], list[Missing]]] = []
    if values["are_files"]:
        paths = _paths(values, reporter)
        contents = of_paths(paths, values["limit_bytes"])
        suite = Suite(_FILES, "Files")
        refuse_unused([suite])
        work.append((suite, contents, []))
    else:
        suites = [load_suite(name) for name in values["names"]]
        refuse_unused(suites)
        for suite in suites:
            if suite.delegate:
                run_article(suite, values)
                continue
            work.append((suite, *resolve(suite, values["limit_bytes"])))
    for suite, contents, missing in work:
        _run_suite(suite, contents, missing, values, reporter)
    return reporter.exit_code


def _run_suite(
    suite: Suite,
    contents: list[Content],
    missing: list[Missing],
    values: dict[str, Any],
    reporter: Reporter,
) -> None:
    from neurocomp.bench.suite.contenders import resolve
    from neurocomp.bench.suite.output import gather
    from neurocomp.bench.suite.runner import Plan

    for one in missing:
        reporter.note(f"left out, {one.name}: {one.reason}")
    if not contents:
        reporter.error(suite.name, "none of its files is on this machine")
        return
    contenders, absent = resolve(
        _wanted(values),
        values["commands"],
        of_suite=() if values["contenders"] else suite.contenders,
        folder=suite.folder,
        converted=values["output"] / "models",
    )
    if not values["peers"]:
        contenders = [one for one in contenders if one.is_ours or one.flags in values["commands"]]
    for other in absent:
        reporter.note(f"left out, {other.name}: {other.reason}")
    if not contenders:
        raise UsageError("no contenders: name some with -c")
    plan = Plan(
        suite.name,
        contents,
        contenders,
        _threads(suite, values["threads"]),
        values["repeats"],
        values["timeout"],
        values["retry"],
    )
    folder: Path = values["output"] / suite.name
    folder.mkdir(parents=True, exist_ok=True)
    left_out = (
        *((one.name, one.reason) for one in missing),
        *((one.name, one.reason) for one in absent),
    )
    rows = _measure(plan, folder, reporter)
    _tell(gather(suite, plan, rows, left_out), folder, reporter)


def _measure(plan: Plan, folder: Path, reporter: Reporter) -> list[Row]:
    from neurocomp.bench.suite.runner import run_plan
    from neurocomp.cli.ui.suite_watch import LineWatch, LiveWatch

    shown = is_progress_shown(quiet=reporter.quiet)
    with LiveWatch() if shown else LineWatch(reporter) as watch:
        return list(run_plan(plan, folder, watch))


def _tell(results: Results, folder: Path, reporter: Reporter) -> None:
    """Write the results, and print the sums."""
    from neurocomp.bench.suite.output import REPORT, write_all
    from neurocomp.bench.suite.tables import totals_table

    if not write_all(results, folder):
        reporter.note("no plots except those in the report: pip install 'neurocomp[plot]'")
    click.echo(format_table(*totals_table(results.rows), num_left=1))
    click.echo(f"\n{results.machine}")
    for row in results.rows:
        if not row.is_ok:
            reporter.note(f"{row.file}: {row.title}: {row.state}: {row.message}")
            reporter.exit_code = ExitCode.ERROR
    reporter.note(f"wrote {display(folder / REPORT)}")


def _paths(values: dict[str, Any], reporter: Reporter) -> list[Path]:
    """Return the files that the arguments name, and those of folders with -r."""
    kind = FilePath()
    files = tuple(kind.convert(name, None, None) for name in values["names"])
    if STDIN in files:
        raise UsageError("a suite reads its files several times: name files, not '-'")
    inputs = build(InputOptions, {**values, "files": files})
    return [one.path for one in find_inputs(inputs, reporter, lambda _: True) if one.path]


def _wanted(values: dict[str, Any]) -> list[str]:
    """Return the user's contenders, models included."""
    wanted = list(values["contenders"])
    paths = " ".join(f"--model-path {_quoted(path)}" for path in values["model_path"])
    for name in values["models"]:
        for coder in values["coders"] or (None,):
            flags = [f"-m {_quoted(name)}", *([f"--coder {coder}"] if coder else [])]
            wanted.append(" ".join(["neurocomp", *flags, *([paths] if paths else [])]))
    return wanted


def _quoted(word: object) -> str:
    import shlex

    return shlex.quote(str(word))


def _threads(suite: Suite, text: str | None) -> tuple[int, ...]:
    from neurocomp.bench.suite.definition import ALL_THREADS
    from neurocomp.threads import num_cores

    threads: tuple[int, ...] | str = suite.threads
    if text is not None:
        if text != ALL_THREADS and not all(
            part.isdecimal() and int(part) for part in text.split(",")
        ):
            raise UsageError(f"--threads {text}: write numbers with commas, or {ALL_THREADS}")
        threads = text if text == ALL_THREADS else tuple(map(int, text.split(",")))
    return dataclasses.replace(suite, threads=threads).thread_counts(num_cores())
