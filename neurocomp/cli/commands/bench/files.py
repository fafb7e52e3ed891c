"""``neurocomp bench files``."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from neurocomp.cli.files.inputs import find_inputs, open_source
from neurocomp.cli.files.outputs import check_output
from neurocomp.cli.options import (
    FILE,
    STDIN,
    InputOptions,
    build,
    message_options,
    model_path_option,
    recursive_option,
)
from neurocomp.cli.ui.report import Reporter
from neurocomp.cli.ui.text import format_table, size_callback
from neurocomp.frame.constants import CODER_IDS
from neurocomp.pipeline.options import PRESETS, READY_PRESETS, CompressOptions

if TYPE_CHECKING:
    from neurocomp.bench.contest import Contestant, Result

_HEADER = ("file", "compressor", "bytes", "bpb", "KB/s", "KB/s back")
_CSV_HEADER = (
    "file",
    "compressor",
    "content_bytes",
    "compressed_bytes",
    "bits_per_byte",
    "compress_cpu_seconds",
    "decompress_cpu_seconds",
    "machine",
)


@click.command(short_help="Compare sizes and speeds on your files.")
@click.argument("files", nargs=-1, type=FILE, required=True, metavar="FILE...")
@recursive_option
@click.option(
    "--preset",
    "presets",
    type=click.Choice(list(PRESETS)),
    multiple=True,
    help="A preset to measure; fast, default and best where neither presets nor models are named.",
)
@click.option("-m", "--model", "models", multiple=True, metavar="NAME", help="A model to measure.")
@click.option(
    "--coder",
    "coders",
    type=click.Choice(list(CODER_IDS)),
    multiple=True,
    help="A coder to measure the models with.  [default: arithmetic]",
)
@click.option(
    "--block-size", "block_bytes", callback=size_callback, metavar="SIZE", help="As in 'compress'."
)
@click.option(
    "-T",
    "--threads",
    type=click.IntRange(0, 256),
    default=1,
    show_default=True,
    metavar="N",
    help="As in 'compress'.",
)
@click.option("--peers/--no-peers", default=True, help="Measure xz, bzip2, zstd, brotli as well.")
@click.option(
    "--repeat",
    "repeats",
    type=click.IntRange(1, 100),
    default=1,
    metavar="N",
    help="Take the median time of N, in turn.",
)
@click.option(
    "--csv", "csv_path", type=FILE, metavar="PATH", help="Write CSV to this file, or to '-'."
)
@model_path_option
@message_options
def files(**values: Any) -> int:
    """Compress each FILE in several ways, decompress, compare, and print sizes and speeds.

    Sizes are those of whole files, headers included.  Speeds are in 1000 bytes of content per
    second of CPU time, summed over all threads.

    \b
    Examples:
      neurocomp bench book.txt
      neurocomp bench --preset default --preset fast --repeat 5 book.txt
      neurocomp bench -m adaptive --coder arithmetic --coder huffman --no-peers book.txt
      neurocomp bench -r corpus --csv results.csv
    """
    inputs = build(InputOptions, values)
    reporter = Reporter(quiet=values["quiet"], verbose=values["verbose"])

    from neurocomp.bench import contest

    items = list(find_inputs(inputs, reporter, lambda path: True))
    if values["csv_path"] not in (None, STDIN):
        paths = [item.path for item in items if item.path is not None]
        check_output(values["csv_path"], paths, force=True)
    contestants = [*_ours(values), *(contest.peers() if values["peers"] else ())]
    for contestant in contestants:
        contest.warm_up(contestant)
    results: list[Result] = []
    for item in items:
        with reporter.guard(item.name), open_source(item) as source:
            content = source.stream.read()
            reporter.detail(f"{item.name}: {len(content)} bytes")
            results += contest.measure(contestants, item.name, content, values["repeats"])
    if values["csv_path"] != STDIN and results:
        rows = [_row(result) for result in [*results, *contest.totals(results)]]
        click.echo(format_table(_HEADER, rows, num_left=2))
        click.echo(f"\n{contest.machine()}")
    if values["csv_path"] is not None:
        _write_csv(values["csv_path"], results, contest.machine())
    return reporter.exit_code


def _ours(values: dict[str, Any]) -> Iterator[Contestant]:
    """Yield the presets and models that were chosen, each with each coder."""
    from neurocomp.bench.contest import with_options

    common = {key: values[key] for key in ("block_bytes", "threads", "model_path")}
    presets = values["presets"] or (() if values["models"] else READY_PRESETS)
    choices: list[dict[str, Any]] = [{"preset": name} for name in presets]
    choices += [{"model": name} for name in values["models"]]
    for choice in choices:
        for coder in values["coders"] or ("arithmetic",):
            name = " ".join(["neurocomp", *choice.values()])
            name += f", {coder}" if values["coders"] else ""
            yield with_options(name, CompressOptions(coder=coder, **choice, **common))


def _row(result: Result) -> tuple[str, ...]:
    return (
        result.file,
        result.name,
        str(result.compressed_bytes),
        f"{result.bits_per_byte:.3f}",
        f"{result.compress_speed / 1000:.0f}",
        f"{result.decompress_speed / 1000:.0f}",
    )


def _write_csv(path: Path, results: list[Result], machine: str) -> None:
    if path == STDIN:
        _write_rows(sys.stdout, results, machine)
        return
    from neurocomp.store.files import write_atomically

    text = io.StringIO()
    _write_rows(text, results, machine)
    write_atomically(path, text.getvalue().encode())


def _write_rows(file: TextIO, results: list[Result], machine: str) -> None:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(_CSV_HEADER)
    for result in results:
        writer.writerow(
            (
                result.file,
                result.name,
                result.content_bytes,
                result.compressed_bytes,
                f"{result.bits_per_byte:.4f}",
                f"{result.compress_seconds:.4f}",
                f"{result.decompress_seconds:.4f}",
                machine,
            )
        )
