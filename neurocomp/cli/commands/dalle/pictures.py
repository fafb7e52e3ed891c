"""``neurocomp dalle make-rainbow`` and ``render``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from neurocomp import extras
from neurocomp.cli.commands.dalle.tokens import read_token_file, require_empty, vae_option
from neurocomp.cli.options import message_options
from neurocomp.cli.ui.report import Reporter, display
from neurocomp.errors import UsageError


@click.command("make-rainbow", short_help="Draw a set of captioned images.")
@click.argument("output", type=click.Path(path_type=Path, readable=False), metavar="OUT")
@click.option("-f", "--force", is_flag=True, help="Overwrite what is there.")
@message_options
def make_rainbow(output: Path, force: bool, quiet: bool, verbose: bool) -> None:
    """Draw the rainbow set: 9,216 images of 32 x 32 pixels, each with its caption.

    The images show shapes in every combination of size, fill, colour, place and background. They
    are the same on every machine, and small enough to try out training. OUT is a folder, or a
    WebDataset tar if it ends in .tar.

    \b
    Examples:
      neurocomp dalle make-rainbow rainbow.tar
      neurocomp dalle train-vae rainbow.tar --config rainbow -o vae
    """
    extras.require("dalle make-rainbow", "dalle", "PIL")
    reporter = Reporter(quiet=quiet, verbose=verbose)
    is_tar = output.suffix == ".tar"
    if is_tar and not output.parent.is_dir():
        raise UsageError(f"{display(output.parent)} is not a folder")
    if is_tar and output.exists() and not force:
        raise FileExistsError(f"{display(output)} already exists: give -f to overwrite it")
    if not is_tar and output.is_file():
        raise UsageError(f"{display(output)} is a file: name a folder, or a file.tar")
    if not is_tar:
        require_empty(output, force=force)

    from neurocomp.models.dalle.pictures import write_folder, write_tar
    from neurocomp.models.dalle.rainbow import rainbow

    count = (write_tar if is_tar else write_folder)(rainbow(), output)
    reporter.note(f"{display(output)}: {count} captioned images")


@click.command(short_help="Turn tokens into images.")
@click.argument("tokens", type=click.Path(path_type=Path, readable=False), metavar="TOKENS")
@vae_option
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    metavar="OUT",
    help="Folder for the images.",
)
@click.option(
    "--columns",
    type=click.IntRange(1),
    default=8,
    show_default=True,
    metavar="N",
    help="Images in a row of grid.png.",
)
@click.option("-f", "--force", is_flag=True, help="Overwrite what is there.")
@message_options
def render(**values: Any) -> None:
    """Turn the token file TOKENS back into images with its autoencoder.

    OUT gets 0000.png and so on, each with its caption in a .txt file if there is one, and all of
    them in grid.png. A pixel may differ by rounding from machine to machine; tokens never do.

    \b
    Example:
      neurocomp dalle render rainbow.tokens --vae vae -o pictures
    """
    extras.require("dalle render", "dalle", "torch", "PIL")
    reporter = Reporter(quiet=values["quiet"], verbose=values["verbose"])
    output: Path = values["output"]
    require_empty(output, force=values["force"])

    from neurocomp.models.dalle.autoencoders.codes import decode_codes
    from neurocomp.models.dalle.autoencoders.stored import load_autoencoder
    from neurocomp.models.dalle.model_folder import find_autoencoder
    from neurocomp.models.dalle.pictures import write_pictures
    from neurocomp.store.files import write_atomically

    tokens = read_token_file(values["tokens"])
    if not tokens.has_grids:
        raise UsageError(f"{values['tokens']} has captions only, no images")
    stored = load_autoencoder(find_autoencoder(values["vae"]))
    if stored.sha256 != tokens.autoencoder:
        raise UsageError(
            f"the tokens are of autoencoder {tokens.autoencoder.hex()[:16]}…, the one given is "
            f"{stored.sha256.hex()[:16]}…: name its folder with --vae"
        )
    pixels = decode_codes(stored.network, tokens.grids)
    output.mkdir(parents=True, exist_ok=True)
    grid = write_pictures(pixels, output, min(values["columns"], len(tokens)))
    for number, caption in enumerate(tokens.captions):
        write_atomically(output / f"{number:04}.txt", f"{caption}\n".encode())
    reporter.note(f"{len(tokens)} images: {display(grid)}")
