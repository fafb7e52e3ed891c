"""``neurocomp dalle make-rainbow``."""

from __future__ import annotations

from pathlib import Path

import click

from neurocomp import extras
from neurocomp.cli.dalle.places import require_empty
from neurocomp.cli.options import message_options
from neurocomp.cli.report import Reporter, display
from neurocomp.errors import UsageError


@click.command("make-rainbow", short_help="Draw a set of captioned images.")
@click.argument("output", type=click.Path(path_type=Path, readable=False), metavar="OUT")
@click.option("-f", "--force", is_flag=True, help="Overwrite what is there.")
@message_options
def make_rainbow(output: Path, force: bool, quiet: bool, verbose: bool) -> None:
    """Draw the rainbow set: 9,216 images of 32 x 32 pixels, each with its caption.

    Shapes in every combination of size, fill, colour, place and background, the same on every
    machine, to try a training on. OUT is a folder, or a WebDataset tar if it ends in .tar.

    \b
    Examples:
      neurocomp dalle make-rainbow rainbow.tar
      neurocomp dalle train-vae rainbow.tar --config rainbow -o vae
    """
    extras.require("dalle make-rainbow", "dalle", "PIL")
    reporter = Reporter(quiet=quiet, verbose=verbose)
    is_tar = output.suffix == ".tar"
    if is_tar and not output.parent.is_dir():
        raise UsageError(f"{display(output.parent)} is no folder")
    if is_tar and output.exists() and not force:
        raise FileExistsError(f"{display(output)} already exists: give -f to overwrite it")
    if not is_tar and output.is_file():
        raise UsageError(f"{display(output)} is a file: name a folder, or a file.tar")
    if not is_tar:
        require_empty(output, force=force)

    from neurocomp.dalle.datasets import write_folder, write_tar
    from neurocomp.dalle.rainbow import rainbow

    count = (write_tar if is_tar else write_folder)(rainbow(), output)
    reporter.note(f"{display(output)}: {count} captioned images")
