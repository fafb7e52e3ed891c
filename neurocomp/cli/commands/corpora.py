"""``neurocomp corpora``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from neurocomp.cli.options import all_of, message_options
from neurocomp.cli.ui.report import ExitCode, Reporter
from neurocomp.cli.ui.text import format_table
from neurocomp.errors import UsageError

if TYPE_CHECKING:
    from neurocomp.bench.corpora.manifest import CorpusFile

_file_options = all_of(
    click.argument("names", metavar="[NAME]...", nargs=-1),
    click.option(
        "--manifest",
        "manifest_path",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE",
        help="A manifest of your own instead of the package's.",
    ),
)


@click.group(short_help="Get the files that benchmarks are run on.")
def corpora() -> None:
    """Get the files that benchmark suites are run on, and check them.

    The manifest of the package lists the source, size, SHA-256 and licence of each file.  NAME is
    a file in it, such as canterbury/alice29.txt, or a folder, such as calgary; without a NAME,
    commands take all files.

    \b
    Environment:
      NEUROCOMP_CORPORA  a folder with local copies, searched before the cache: files have the
                         manifest's names there, or in a subfolder
    """


@corpora.command("list", short_help="List files, with sizes and licences.")
@_file_options
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list, with URLs and hashes.")
@message_options
def list_files(**values: Any) -> None:
    """List the files of the manifest with size, place or recipe, kind and licence."""
    from neurocomp.bench.corpora.paths import find

    files = _select(values)
    if values["as_json"]:
        click.echo(_as_json(files))
        return
    rows = [
        (
            file.name,
            str(file.num_bytes),
            "yes" if find(file.name) else "no",
            file.recipe.method,
            file.kind,
            file.licence,
        )
        for file in files
    ]
    header = ("file", "bytes", "here", "recipe", "kind", "licence")
    click.echo(format_table(header, rows, num_left=len(header)))


@corpora.command(short_help="Download files, check them.")
@_file_options
@click.option(
    "--to",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Folder to fill instead of the cache; NEUROCOMP_CORPORA can name it later.",
)
@message_options
def fetch(**values: Any) -> int:
    """Download files, unpack them and check size and SHA-256.

    A file gets its name only when it is complete and correct.  Files that are there and correct are
    left alone; an interrupted download resumes.

    \b
    Examples:
      neurocomp corpora fetch canterbury calgary enwik6
      neurocomp corpora fetch --to corpora && export NEUROCOMP_CORPORA=$PWD/corpora

    \b
    Exit codes:
      0  all files are there, except those without a complete recipe that were not named
      1  a file could not be fetched
    """
    from neurocomp.bench.corpora.fetch import fetch_all
    from neurocomp.bench.corpora.paths import cache_folder

    reporter = Reporter(quiet=values["quiet"], verbose=values["verbose"])
    files = _select(values)
    folder: Path = values["folder"] or cache_folder()
    outcome = fetch_all(files, folder, frozenset(values["names"]), reporter.note)
    if outcome.unavailable:
        reporter.note(f"no complete recipe: {', '.join(outcome.unavailable)}")
    for name in outcome.failed:
        reporter.error(name, "not fetched")
    return reporter.exit_code


@corpora.command(short_help="Compare files here with the manifest.")
@_file_options
@message_options
def verify(**values: Any) -> int:
    """Compare the files on this machine with the manifest: size and SHA-256.

    \b
    Exit codes:
      0  no file differs, and all that were named are here
      1  a file differs, or one that was named is missing
    """
    from neurocomp.bench.corpora.fetch import State
    from neurocomp.bench.corpora.fetch import verify as verify_file

    reporter = Reporter(quiet=values["quiet"], verbose=values["verbose"])
    files = _select(values)
    rows = []
    for file in files:
        state, path = verify_file(file)
        rows.append((file.name, str(state), "-" if path is None else str(path)))
        if state is State.WRONG or (state is State.MISSING and values["names"]):
            reporter.exit_code = ExitCode.ERROR
    click.echo(format_table(("file", "state", "path"), rows, num_left=3))
    return reporter.exit_code


def _select(values: dict[str, Any]) -> tuple[CorpusFile, ...]:
    from neurocomp.bench.corpora.errors import CorpusError
    from neurocomp.bench.corpora.manifest import EVAL, load

    try:
        return load(values["manifest_path"] or EVAL).select(values["names"])
    except CorpusError as error:
        raise UsageError(str(error)) from error


def _as_json(files: tuple[CorpusFile, ...]) -> str:
    import dataclasses
    import json

    from neurocomp.bench.corpora.paths import find

    found = [
        {
            **dataclasses.asdict(file),
            "path": None if (path := find(file.name)) is None else str(path),
        }
        for file in files
    ]
    return json.dumps(found, indent=2, ensure_ascii=False)
