"""``neurocomp explain``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from neurocomp.cli.completion import complete_models
from neurocomp.cli.files.inputs import Input, open_source
from neurocomp.cli.files.outputs import check_output
from neurocomp.cli.model_options import model_options
from neurocomp.cli.options import (
    FILE,
    STDIN,
    InputOptions,
    build,
    message_options,
    model_path_option,
    threads_option,
)
from neurocomp.cli.paths import Name
from neurocomp.cli.ui.progress import ProgressBar, is_progress_shown
from neurocomp.cli.ui.report import Reporter
from neurocomp.cli.ui.text import range_callback
from neurocomp.errors import UsageError
from neurocomp.pipeline.options import PRESETS, CompressOptions

if TYPE_CHECKING:
    from neurocomp.codec.trace import Bits
    from neurocomp.explain import Explanation
    from neurocomp.explain.comparison import Comparison

_LARGE_BYTES = 100_000_000

_OUTPUTS = ("html", "csv", "json", "heat_map")


@click.command(short_help="Show where the bits of a file went.")
@click.argument("file", required=False, type=FILE, metavar="[FILE]")
@model_options
@click.option(
    "--against",
    type=Name(),
    shell_complete=complete_models,
    metavar="MODEL",
    help="Compare with another model or preset, symbol by symbol.",
)
@click.option(
    "--fallback/--no-fallback",
    "falls_back",
    default=True,
    help="Like 'compress', use another model if that is smaller; or always use the given one.",
)
@click.option(
    "--range",
    "byte_range",
    callback=range_callback,
    metavar="START-STOP",
    help="Explain only these bytes of the content, STOP excluded; all of it is coded.",
)
@click.option(
    "--html",
    type=FILE,
    metavar="PATH",
    help="Write a page that opens offline: costs, most likely symbols, parts of the model.",
)
@click.option(
    "--csv", type=FILE, metavar="PATH", help="Write a row for each symbol; '-' is standard output."
)
@click.option(
    "--json",
    type=FILE,
    metavar="PATH",
    help="Write everything as JSON, with log-likelihoods; '-' is standard output.",
)
@click.option(
    "--heat-map",
    type=FILE,
    metavar="PATH",
    help="Write a PNG: an uncompressed picture (PPM, PGM, BMP) or the first images of a token set, "
    "beside their costs.",
)
@click.option(
    "--symbols",
    "max_symbols",
    type=click.IntRange(0),
    default=4000,
    show_default=True,
    metavar="N",
    help="Symbols to show in colour on a terminal.",
)
@click.option(
    "--places",
    "num_places",
    type=click.IntRange(0, 1000),
    default=10,
    show_default=True,
    metavar="N",
    help="Number of most expensive places to list.",
)
@click.option(
    "--color",
    "--colour",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Use colours; auto: on terminals, unless NO_COLOR is set.",
)
@threads_option
@model_path_option
@message_options
def explain(**values: Any) -> int:
    """Show what each symbol of FILE costs: where the bits of its compressed form go.

    Content is compressed in memory. A file written by 'neurocomp compress' is decoded and
    explained with its own model. The output: cost by kind of symbol, by part of the model and
    along the file, and the most expensive places. On a terminal the text comes first, coloured by
    cost.

    \b
    Examples:
      neurocomp explain report.txt
      neurocomp explain -9 --html report.html report.txt
      neurocomp explain --against mix --range 10KB-12KB report.txt
      neurocomp explain --heat-map costs.png picture.ppm
      neurocomp explain -m dalle:rainbow --heat-map costs.png x.tokens
      neurocomp explain --json - report.txt.ncmp | jq .loglikelihood
    """
    reporter = Reporter(quiet=values["quiet"], verbose=values["verbose"])
    path: Path | None = values["file"]
    inputs = InputOptions(() if path is None else (path,), recursive=False)
    path = inputs.files[0]
    item = Input(None if path == STDIN else path, Path(path.name))
    options = build(CompressOptions, values)
    _check_outputs(values, item)

    from neurocomp.explain.comparison import compare

    with reporter.guard(item.name):
        with open_source(item) as source:
            data = source.stream.read()
        if len(data) > _LARGE_BYTES:
            memory_gb = len(data) // 10_000_000
            reporter.note(
                f"{item.name}: costs of {len(data)} bytes take about {memory_gb} GB of memory: "
                "'head -c 16M FILE | neurocomp explain' explains a part"
            )
        one = _explained(item.name, data, options, values, is_asked=True)
        if one.note:
            reporter.note(f"{item.name}: {one.note}")
        comparison = None
        if values["against"] is not None:
            other = _explained(
                item.name, one.content, _other_options(options, values), values, is_asked=False
            )
            comparison = compare(one, other)
            if comparison.bits is None:
                reporter.note("the two models have no symbols in common: only sizes are compared")
        if values["byte_range"] is not None:
            one = one.cut(values["byte_range"])
            comparison = None if comparison is None else compare(one, comparison.other)
        _write(values, one, comparison)
        if STDIN not in (values["csv"], values["json"]):
            _print(values, one, comparison)
    return reporter.exit_code


def _explained(
    name: str, data: bytes, options: CompressOptions, values: Mapping[str, Any], *, is_asked: bool
) -> Explanation:
    """Explain a file, with a bar on a terminal."""
    from neurocomp.codec.trace import Asked
    from neurocomp.explain import explain as explain_file
    from neurocomp.explain.page import MAX_ENTRIES

    asked = None
    if is_asked and (values["html"] is not None or values["json"] is not None):
        first = 0 if values["byte_range"] is None else values["byte_range"][0]
        asked = Asked(MAX_ENTRIES, first)
    shown = is_progress_shown(quiet=values["quiet"])
    with ProgressBar(name, 2 * len(data), shown=shown) as bar:
        return explain_file(
            name,
            data,
            options,
            asked=asked,
            report=bar.report,
            falls_back=values["falls_back"],
        )


def _other_options(options: CompressOptions, values: Mapping[str, Any]) -> CompressOptions:
    """Return the options of the model to compare with: its own window, and no dictionary."""
    name = values["against"]
    own: dict[str, Any] = {"overlap": None, "window": None, "dictionary": None}
    if name in PRESETS:
        return replace(options, preset=name, model=None, **own)
    return replace(options, model=name, **own)


def _check_outputs(values: Mapping[str, Any], item: Input) -> None:
    """Refuse outputs that would take each other's place, or an input's."""
    paths = [values[name] for name in _OUTPUTS if values[name] is not None]
    if len(set(paths)) < len(paths):
        raise UsageError("two of the outputs would be the same file")
    for name in ("html", "heat_map"):
        if values[name] == STDIN:
            raise UsageError(f"--{name.replace('_', '-')} needs the name of a file")
    inputs = [] if item.path is None else [item.path]
    for path in paths:
        if path != STDIN:
            check_output(path, inputs, force=True)


def _write(values: Mapping[str, Any], one: Explanation, comparison: Comparison | None) -> None:
    """Write the files that were asked for."""
    from neurocomp.explain.page import to_page
    from neurocomp.explain.pictures import heat_sheet
    from neurocomp.explain.png import to_png
    from neurocomp.explain.tables import to_csv, to_json

    if values["heat_map"] is not None and one.images is None and one.raster is None:
        raise UsageError(
            "--heat-map is for uncompressed pictures (PPM, PGM, BMP; PNG and JPEG are coded as "
            "files), and for token sets with images that a prior codes: see 'neurocomp dalle "
            "tokenize'; --no-fallback codes a set by the prior even if another model is smaller"
        )
    makers: dict[str, Callable[[], str | bytes]] = {
        "html": lambda: to_page(one, comparison, max(values["num_places"], 1)),
        "csv": lambda: to_csv(one, comparison),
        "json": lambda: to_json(one, comparison),
        "heat_map": lambda: to_png(heat_sheet(one)),
    }
    for name in _OUTPUTS:
        if values[name] is not None:
            _put(values[name], makers[name]())


def _put(path: Path, content: str | bytes) -> None:
    if path == STDIN:
        assert isinstance(content, str), "pictures go to files"
        sys.stdout.write(content)
        return
    from neurocomp.store.files import write_atomically

    write_atomically(path, content.encode() if isinstance(content, str) else content)


def _print(values: Mapping[str, Any], one: Explanation, comparison: Comparison | None) -> None:
    """Print the symbols in colour, where there are colours, and the figures."""
    from neurocomp.cli.ui.explained import summary_lines, wants_colour
    from neurocomp.explain.terminal import legend

    colour = wants_colour(values["color"])
    difference = None if comparison is None else comparison.difference
    if colour and values["max_symbols"] and _print_symbols(one, values["max_symbols"], difference):
        click.echo(f"\n{legend(is_difference=difference is not None)}\n", color=True)
    for line in summary_lines(one, comparison, values["num_places"], colour=colour):
        click.echo(line, color=colour)


def _print_symbols(one: Explanation, max_symbols: int, difference: Bits | None) -> bool:
    """Print text, or images and captions, in colour; return whether there were any."""
    from neurocomp.explain.terminal import coloured_records, coloured_text

    num_records = max(0 if one.images is None else len(one.images), len(one.captions))
    if num_records:
        shown = 0
        for record in coloured_records(one, max_symbols, difference):
            click.echo(record, color=True)
            shown += 1
        if shown < num_records:
            click.echo(f"… {num_records - shown} more records: use --symbols or --html")
        return True
    if not one.has_offsets or one.raster is not None or not len(one.entries):
        return False
    click.echo(coloured_text(one, max_symbols, difference), color=True)
    if len(one.entries) > max_symbols:
        left = len(one.entries) - max_symbols
        click.echo(f"… {left} more symbols: use --symbols, --range or --html")
    return True
