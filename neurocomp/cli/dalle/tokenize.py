"""``neurocomp dalle tokenize``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from neurocomp.cli.dalle.tokens import to_tokens
from neurocomp.cli.options import message_options
from neurocomp.cli.report import Reporter, display


@click.command(short_help="Turn images into tokens.")
@click.argument("images", type=click.Path(path_type=Path, readable=False), metavar="IMAGES")
@click.option(
    "--vae",
    type=click.Path(path_type=Path),
    default="rainbow",
    show_default=True,
    metavar="DIR",
    help="Folder of the autoencoder or of a prior's run, or the name of one in the package.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False, readable=False),
    required=True,
    metavar="FILE.tokens",
    help="The token file to write.",
)
@click.option(
    "--part",
    type=click.Choice(["all", "training", "held-out"]),
    default="all",
    show_default=True,
    help="Of the images, as the autoencoder's training has parted them.",
)
@click.option("--no-captions", is_flag=True, help="Only images; they need no captions then.")
@click.option(
    "--limit", type=click.IntRange(1), metavar="N", help="Only N of the images, chosen by a seed."
)
@click.option(
    "--mirrored",
    is_flag=True,
    help="Each image a second time, left and right exchanged, also as words of its caption: more "
    "to train a prior on.",
)
@click.option("-f", "--force", is_flag=True, help="Overwrite the file.")
@message_options
def tokenize(**values: Any) -> None:
    """Turn captioned images into a token file: captions, and a grid of codes for each image.

    IMAGES is a folder, a tar or a table, as for 'train-vae'. Images are cut and scaled as in the
    autoencoder's training. A token file is plain: compress it with --model dalle:DIR.

    \b
    Examples:
      neurocomp dalle tokenize rainbow.tar --vae vae -o rainbow.tokens
      neurocomp dalle tokenize photos --vae vae --no-captions -o photos.tokens
      neurocomp dalle tokenize emoji.tar --vae vae --part training --mirrored -o training.tokens
      neurocomp compress rainbow.tokens --model dalle:run
    """
    reporter = Reporter(quiet=values["quiet"], verbose=values["verbose"])
    output: Path = values["output"]
    if output.exists() and not values["force"]:
        raise FileExistsError(f"{display(output)} already exists: give -f to overwrite it")

    from neurocomp.dalle.model_folder import find_autoencoder
    from neurocomp.dalle.sources import read_images
    from neurocomp.dalle.stored import load_autoencoder
    from neurocomp.errors import UsageError
    from neurocomp.models.files import write_atomically
    from neurocomp.symbols.tokens import write_tokens

    stored = load_autoencoder(find_autoencoder(values["vae"]))
    images = read_images(values["images"], stored.options, with_captions=not values["no_captions"])
    for line in images.report():
        reporter.note(line)
    images = images.part(values["part"], stored.training_share, stored.group)
    if not len(images):
        raise UsageError(f"no image is {values['part']}: take --part all")
    if values["limit"] is not None:
        images = images.choose(values["limit"])
    tokens = to_tokens(stored, images.with_mirrored() if values["mirrored"] else images)
    content = write_tokens(tokens)
    write_atomically(output, content)
    rows, columns = tokens.grids.shape[1:]
    reporter.note(
        f"{display(output)}: {len(tokens)} images of {rows} x {columns} codes of "
        f"{tokens.num_codes}, {len(content)} bytes"
    )
