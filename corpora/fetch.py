"""Download the corpus files: ``python -m corpora.fetch [FILES] --to DIR``."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import click

from corpora.build import Builder, is_right
from corpora.errors import CorpusError
from corpora.manifest import EVAL, CorpusFile, load
from corpora.paths import default_folder


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("names", metavar="[FILES]...", nargs=-1)
@click.option(
    "--to",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder to fill; by default one in the user's cache.",
)
@click.option(
    "--manifest",
    "manifest_path",
    type=click.Path(dir_okay=False, path_type=Path),
    default=EVAL,
    help="Manifest to read; by default that of the evaluation files.",
)
@click.option("--list", "list_only", is_flag=True, help="Print the manifest, with licences.")
def main(names: tuple[str, ...], folder: Path | None, manifest_path: Path, list_only: bool) -> None:
    """Download, unpack and check corpus files.

    FILES are names in the manifest or its folders, such as canterbury/alice29.txt or calgary;
    without any, every file.  What is already there and right is left alone.

    Exit codes: 0 all well; 1 a file failed; 2 wrong usage.  A file that the manifest has no
    complete recipe for counts as failed only when it was asked for by its name.
    """
    try:
        manifest = load(manifest_path)
        files = manifest.select(names)
    except CorpusError as error:
        raise click.UsageError(str(error)) from error
    if list_only:
        for line in table(files):
            click.echo(line)
        return
    target = (default_folder() if folder is None else folder) / manifest.name
    if not fetch_all(files, target, frozenset(names)):
        raise SystemExit(1)


def fetch_all(files: tuple[CorpusFile, ...], folder: Path, asked: frozenset[str]) -> bool:
    """Fetch files into ``folder``, with a line on stderr for each; return whether all went well.

    A file without a complete recipe is a failure only if its name is in ``asked``.
    """
    builder = Builder()
    failed: list[str] = []
    unavailable: list[str] = []
    for file in files:
        try:
            written = fetch(file, folder, builder)
        except (CorpusError, OSError) as error:
            click.echo(f"{file.name}: {error}", err=True)
            optional = file.recipe.method == "unknown" and file.name not in asked
            (unavailable if optional else failed).append(file.name)
        else:
            click.echo(f"{file.name}: {'fetched' if written else 'already there'}", err=True)
    if unavailable:
        click.echo(f"no complete recipe: {', '.join(unavailable)}", err=True)
    if failed:
        click.echo(f"failed: {', '.join(failed)}", err=True)
    return not failed


def fetch(file: CorpusFile, folder: Path, builder: Builder) -> bool:
    """Make ``file`` under ``folder`` unless it is there and right; return whether it was made.

    The file appears under its name only when it is complete and checked.

    Raises:
        CorpusError: it cannot be made.
        OSError: it cannot be written.
    """
    path = folder / file.name
    if is_right(path, file):
        return False
    content = builder.build(file)
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".fetch-")
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
        # mkstemp makes files that only their owner can read.
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
    return True


def table(files: tuple[CorpusFile, ...]) -> list[str]:
    """Return the lines of a table of ``files``: name, size, method, kind, licence."""
    rows = [("file", "bytes", "recipe", "kind", "licence")]
    rows += [
        (file.name, str(file.num_bytes), file.recipe.method, file.kind, file.licence)
        for file in files
    ]
    name, size, recipe, kind = (max(len(row[i]) for row in rows) for i in range(4))
    return [
        f"{row[0]:{name}}  {row[1]:>{size}}  {row[2]:{recipe}}  {row[3]:{kind}}  {row[4]}"
        for row in rows
    ]


if __name__ == "__main__":
    main()
