"""Where commands find an autoencoder, and where they write images."""

from __future__ import annotations

from pathlib import Path

import click

from neurocomp.cli.report import display

vae_option = click.option(
    "--vae",
    type=click.Path(path_type=Path),
    default="rainbow",
    show_default=True,
    metavar="DIR",
    help="Folder of the autoencoder or of a prior's run, or the name of one in the package.",
)


def require_empty(folder: Path, *, force: bool) -> None:
    """Refuse a folder that has files in it, unless they may be overwritten.

    Raises:
        FileExistsError: there are some.
    """
    if not force and folder.is_dir() and any(folder.iterdir()):
        raise FileExistsError(f"{display(folder)} is not empty: give -f to overwrite files in it")
