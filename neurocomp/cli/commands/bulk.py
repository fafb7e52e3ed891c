"""``neurocomp bulk``."""

from __future__ import annotations

import json
from time import perf_counter
from typing import TYPE_CHECKING, Any

import click

from neurocomp.cli.model_options import model_options
from neurocomp.cli.options import Decorator, all_of, message_options, model_path_option
from neurocomp.cli.paths import Name
from neurocomp.cli.ui.progress import ProgressBar, describe_sizes, is_progress_shown
from neurocomp.cli.ui.report import Reporter, say
from neurocomp.cli.ui.text import size_callback

if TYPE_CHECKING:
    from collections.abc import Callable

    from neurocomp.bulk import Settings, Summary

_ENGINES = ("auto", "serial", "dask", "ray")
_SHOWN = 20
"""Files that messages name of those that are not part of a set, or that no worker could do."""


def _part_callback(
    ctx: click.Context, param: click.Parameter, value: str | None
) -> tuple[int, int] | None:
    if value is None:
        return None
    number, slash, count = value.partition("/")
    if not (slash and number.isdecimal() and count.isdecimal()):
        raise click.BadParameter(f"{value!r} is not a part: write NUMBER/COUNT, from 0", ctx, param)
    return int(number), int(count)


def _json_callback(ctx: click.Context, param: click.Parameter, value: str | None) -> dict[str, Any]:
    try:
        options = json.loads(value or "{}")
    except ValueError:
        options = None
    if not isinstance(options, dict):
        raise click.BadParameter(f"{value!r} is not a JSON object", ctx, param)
    return options


_force_option = click.option(
    "-f", "--force", is_flag=True, help="Overwrite existing files that have other content."
)

_threads_option = click.option(
    "-T",
    "--threads",
    type=click.IntRange(0, 256),
    metavar="N",
    help="Threads of each worker, 0 for as many as there are cores. Default: 1, or 0 with the "
    "engine serial.",
)


def _options_option(name: str, what: str) -> Decorator[Any]:
    return click.option(
        f"--{name}-options",
        callback=_json_callback,
        metavar="JSON",
        help=f"Options of the fsspec file system of {what}, as an object.",
    )


engine_options = all_of(
    click.option(
        "-e",
        "--engine",
        type=click.Choice(_ENGINES),
        default="auto",
        show_default=True,
        help="Engine of the workers; auto is Dask if it is installed and there are several cores.",
    ),
    click.option(
        "--scheduler",
        type=Name(),
        metavar="ADDRESS",
        help="Address of a cluster: tcp://HOST:8786 for Dask; HOST:6379 or auto for Ray. Without "
        "one, workers run on this machine.",
    ),
    click.option(
        "-w",
        "--workers",
        type=click.IntRange(0, 4096),
        default=0,
        metavar="N",
        help="Workers on this machine; 0, the default, for as many as there are cores.",
    ),
    click.option(
        "--local",
        type=click.Choice(["processes", "threads"]),
        default="processes",
        show_default=True,
        help="Kind of workers on this machine, with Dask.",
    ),
    click.option(
        "--shard-size",
        "shard_bytes",
        callback=size_callback,
        metavar="SIZE",
        help="Content that a worker takes at once; if the worker is lost, it is processed again. "
        "Default: 8MiB, or less for small sets.",
    ),
)


@click.group(short_help="Compress, test and restore large sets, on one machine or many.")
def bulk() -> None:
    """Compress, test and restore large sets of files, on one machine or many.

    A set is a folder, or a URL that fsspec understands. Its compressed form has a frame for each
    file, FILE.ncmp, and a manifest with sizes, hashes and models. An interrupted run resumes when
    it is started again; changed files are compressed again; no file is ever left half-written.

    \b
    Examples:
      neurocomp bulk compress logs s3://bucket/logs
      neurocomp bulk test s3://bucket/logs --scheduler tcp://10.0.0.1:8786
      neurocomp bulk restore s3://bucket/logs again
    """


@bulk.command(short_help="Compress a folder into another one.")
@click.argument("source", type=Name())
@click.argument("target", type=Name())
@engine_options
@click.option(
    "--part",
    callback=_part_callback,
    metavar="N/COUNT",
    help="Do only this part of the work, counted from 0/COUNT, as for a job array. After all "
    "parts, a run without --part writes the manifest.",
)
@click.option(
    "--manifest",
    type=click.Choice(["jsonl", "parquet"]),
    help="Format of a new manifest; lines of JSON by default.",
)
@_force_option
@_options_option("source", "SOURCE")
@_options_option("target", "TARGET")
@model_options
@_threads_option
@model_path_option
@message_options
def compress(**values: Any) -> int:
    """Compress the files of SOURCE into TARGET: those that are missing there or have changed.

    With a cluster, SOURCE, TARGET and the model must be the same for all machines: URLs, or paths
    of a file system that they share.

    \b
    Examples:
      neurocomp bulk compress -9 letters archive
      neurocomp bulk compress letters archive --engine ray --workers 8
      neurocomp bulk compress letters archive --part 3/16
    """
    from neurocomp import bulk

    names = ("preset", "model", "coder", "block_bytes", "overlap", "window", "dictionary", "verify")
    arguments = {name: values[name] for name in (*names, "model_path")}
    if values["threads"] is not None:
        arguments["threads"] = values["threads"]
    return _run(
        values,
        lambda settings: bulk.compress(values["source"], values["target"], settings, **arguments),
        "compressed",
    )


@bulk.command(short_help="Check a compressed set.")
@click.argument("source", type=Name())
@engine_options
@click.option(
    "--quick", is_flag=True, help="Decode nothing: compare the hashes of the compressed files."
)
@_options_option("source", "SOURCE")
@_threads_option
@model_path_option
@message_options
def test(**values: Any) -> int:
    """Decode all files of the set SOURCE, and compare sizes and hashes with its manifest.

    Prints nothing about sound files, unless -v is given.

    \b
    Examples:
      neurocomp bulk test archive && echo sound
      neurocomp bulk test --quick -v s3://bucket/archive
    """
    from neurocomp import bulk

    return _run(
        values,
        lambda settings: bulk.test(
            values["source"],
            settings,
            quick=values["quick"],
            threads=values["threads"],
            model_path=values["model_path"],
        ),
        "sound",
    )


@bulk.command(short_help="Restore the originals of a compressed set.")
@click.argument("source", type=Name())
@click.argument("target", type=Name())
@engine_options
@_force_option
@_options_option("source", "SOURCE")
@_options_option("target", "TARGET")
@_threads_option
@model_path_option
@message_options
def restore(**values: Any) -> int:
    """Restore the files of the set SOURCE that are missing in TARGET.

    Each file is compared with the manifest before it gets its name.

    \b
    Examples:
      neurocomp bulk restore archive letters
      neurocomp bulk restore s3://bucket/archive letters -e dask -w 4
    """
    from neurocomp import bulk

    return _run(
        values,
        lambda settings: bulk.restore(
            values["source"],
            values["target"],
            settings,
            threads=values["threads"],
            model_path=values["model_path"],
        ),
        "restored",
    )


def _run(values: dict[str, Any], work: Callable[[Settings], Summary], done: str) -> int:
    """Do ``work`` under a bar, tell what came of it, and return the exit code."""
    from neurocomp import bulk

    reporter = Reporter(quiet=values["quiet"], verbose=values["verbose"])
    is_shown = is_progress_shown(quiet=reporter.quiet)
    start = perf_counter()
    with ProgressBar(values["source"], None, shown=is_shown) as bar:

        def report(num_bytes: int, total_bytes: int) -> None:
            bar.expect(total_bytes)
            bar.report(num_bytes)

        names = ("engine", "scheduler", "workers", "local", "shard_bytes")
        others = ("part", "manifest", "force", "source_options", "target_options")
        given = {name: values[name] for name in (*names, *others) if name in values}
        summary = work(bulk.Settings(**given, report=report))
    for record in summary.failed:
        reporter.error(record.path, record.error or "failed")
    for path, error in _some(summary.lost, reporter, "more files were not done"):
        reporter.error(path, f"no worker could do it: {error}")
    for path in _some(summary.unlisted, reporter, "more files are not part of the set"):
        reporter.note(f"{path}: not part of the set")
    if (is_shown or reporter.verbose) and not reporter.quiet:
        sizes = describe_sizes(summary.content_bytes, summary.frame_bytes, perf_counter() - start)
        kept = f", {summary.num_kept} there already" if summary.num_kept else ""
        say(f"{summary.num_new} files {done}{kept}: {sizes}")
    return reporter.exit_code


def _some(items: Any, reporter: Reporter, others: str) -> list[Any]:
    """Return the first items, and report how many more there are."""
    listed = list(items.items()) if isinstance(items, dict) else list(items)
    if len(listed) > _SHOWN and not reporter.verbose:
        reporter.note(f"{len(listed) - _SHOWN} {others}: -v names all")
        return listed[:_SHOWN]
    return listed
