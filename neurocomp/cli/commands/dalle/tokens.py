"""Captions and codes that commands are given, as token files or as images."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from neurocomp.cli.ui.report import Reporter, display
from neurocomp.errors import FormatError, UsageError

if TYPE_CHECKING:
    from neurocomp.models.dalle.autoencoders.stored import StoredAutoencoder
    from neurocomp.models.dalle.images import CaptionedImages
    from neurocomp.models.dalle.token_files import TokenSet

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


SUFFIX = ".tokens"


def is_token_file(path: Path) -> bool:
    """Return whether ``path`` is named as a token file."""
    return path.suffix == SUFFIX


def read_token_file(path: Path) -> TokenSet:
    """Return the token set in ``path``.

    Raises:
        UsageError: it is not a token file.
        OSError: it cannot be read.
    """
    from neurocomp.models.dalle.token_files import read_tokens

    try:
        return read_tokens(path.read_bytes())
    except FormatError as error:
        raise UsageError(
            f"{path} is not a token file ({error}): make one with 'neurocomp dalle tokenize'"
        ) from None


def read_parts(
    path: Path, stored: StoredAutoencoder, reporter: Reporter, *, with_captions: bool
) -> tuple[CaptionedImages, CaptionedImages]:
    """Return the images that an autoencoder was trained on, and those held out."""
    from neurocomp.models.dalle.sources import read_images

    images = read_images(path, stored.options, with_captions=with_captions)
    for line in images.report():
        reporter.note(line)
    first, second = (
        images.part(name, stored.training_share, stored.group) for name in ("training", "held-out")
    )
    return first, second


def captions_alone(images: CaptionedImages) -> TokenSet:
    """Return the captions of images."""
    import numpy as np

    from neurocomp.models.dalle.token_files import TokenSet

    return TokenSet(images.captions, np.zeros((0, 0, 0), np.uint16), 0)
