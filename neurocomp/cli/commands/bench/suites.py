"""``neurocomp bench list`` and ``bench new``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from neurocomp.cli.options import FILE, message_options
from neurocomp.cli.ui.report import Reporter, display
from neurocomp.cli.ui.text import format_table
from neurocomp.errors import UsageError


@click.command("list", short_help="List suites, and compressors that are installed.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
@message_options
def list_suites(**values: Any) -> None:
    """List the suites of the package, and the other compressors installed here.

    For each suite, the files on this machine are counted; 'neurocomp corpora fetch' gets the rest.
    """
    import json

    from neurocomp.bench.suite.listing import list_packaged, list_peers

    suites, peers = list_packaged(), list_peers()
    if values["as_json"]:
        click.echo(json.dumps({"suites": suites, "peers": peers}, indent=2))
        return
    rows = [
        (
            str(one["name"]),
            f"{one['here']} of {one['files']}" if one["files"] else "made here",
            str(one["description"]),
        )
        for one in suites
    ]
    click.echo(format_table(("suite", "files here", "what"), rows, num_left=3))
    lines = [
        (one["name"], one["version"] or "-", one["flags"], one["missing"] or one["title"])
        for one in peers
    ]
    header = ("compressor", "version", "flags", "what it is, or what is missing")
    click.echo("\n" + format_table(header, lines, num_left=4))


@click.command(short_help="Create a suite of your own.")
@click.argument("file", type=FILE, metavar="FILE.toml")
@click.option("-f", "--force", is_flag=True, help="Overwrite the file.")
@message_options
def new(**values: Any) -> None:
    """Write an example suite to FILE.toml, with comments, ready to edit and run.

    \b
    Example:
      neurocomp bench new my-suite.toml && neurocomp bench run my-suite.toml
    """
    from neurocomp.bench.suite.definition import TEMPLATE
    from neurocomp.store.files import write_atomically

    reporter = Reporter(quiet=values["quiet"], verbose=values["verbose"])
    path: Path = values["file"]
    if path.suffix != ".toml":
        raise UsageError(f"{display(path)}: a suite's name ends in .toml")
    if path.exists() and not values["force"]:
        raise FileExistsError(f"{display(path)} already exists: give -f to overwrite it")
    write_atomically(path, TEMPLATE.read_bytes())
    reporter.note(f"wrote {display(path)}: 'neurocomp bench run {display(path)}' runs it")
