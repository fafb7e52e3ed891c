"""``neurocomp dalle tokenize``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from neurocomp import extras
from neurocomp.cli.commands.dalle.tokens import captions_alone, vae_option
from neurocomp.cli.files.outputs import check_output
from neurocomp.cli.options import message_options
from neurocomp.cli.ui.report import Reporter, display
from neurocomp.errors import UsageError


@click.command(short_help="Turn images into tokens.")
@click.argument("images", type=click.Path(path_type=Path, readable=False), metavar="IMAGES")
@vae_option
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
    help="Part of the images, as the autoencoder's training divided them.",
)
@click.option("--no-captions", is_flag=True, help="Only images; captions are not needed.")
@click.option("--no-images", is_flag=True, help="Only captions.")
@click.option(
    "--limit", type=click.IntRange(1), metavar="N", help="Take only N images, chosen by a seed."
)
@click.option(
    "--mirrored",
    is_flag=True,
    help="Add each image mirrored, with left and right exchanged in its caption too, as more data "
    "for a prior. An image is left out if one outside the part has its mirrored caption.",
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
    extras.require("dalle tokenize", "dalle", "torch", "PIL")
    reporter = Reporter(quiet=values["quiet"], verbose=values["verbose"])
    output: Path = values["output"]
    autoencoder = Path(values["vae"]).rglob("*")
    check_output(output, [values["images"], *autoencoder], force=values["force"])
    if not output.parent.is_dir():
        raise UsageError(f"{display(output.parent)} is not a folder")
    if values["no_captions"] and values["no_images"]:
        raise UsageError("without captions and images there is nothing to write")

    from neurocomp.models.dalle.autoencoders.codes import to_tokens
    from neurocomp.models.dalle.autoencoders.stored import load_autoencoder
    from neurocomp.models.dalle.model_folder import find_autoencoder
    from neurocomp.models.dalle.sources import read_images
    from neurocomp.models.dalle.token_files import write_tokens
    from neurocomp.store.files import write_atomically

    stored = load_autoencoder(find_autoencoder(values["vae"]))
    images = read_images(values["images"], stored.options, with_captions=not values["no_captions"])
    for line in images.report():
        reporter.note(line)
    part = images.part(values["part"], stored.training_share, stored.group)
    if not len(part):
        raise UsageError(f"no image is in the part '{values['part']}': take --part all")
    others = set(images.captions) - set(part.captions)
    if values["limit"] is not None:
        part = part.choose(values["limit"])
    if values["mirrored"]:
        part = part.with_mirrored(others)
    tokens = captions_alone(part) if values["no_images"] else to_tokens(stored, part)
    content = write_tokens(tokens)
    write_atomically(output, content)
    rows, columns = tokens.grids.shape[1:]
    what = "captions"
    if tokens.has_grids:
        what = f"images of {rows} x {columns} codes of {tokens.num_codes}"
    reporter.note(f"{display(output)}: {len(tokens)} {what}, {len(content)} bytes")
