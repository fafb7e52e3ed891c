"""``neurocomp dalle import-vae``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from neurocomp import extras
from neurocomp.cli.commands.dalle.tokens import require_empty
from neurocomp.cli.options import message_options
from neurocomp.cli.ui.report import Reporter, display
from neurocomp.errors import UsageError

_PATH = click.Path(path_type=Path)


@click.command("import-vae", short_help="Import a published autoencoder.")
@click.argument("source", type=_PATH, metavar="SOURCE")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    metavar="DIR",
    help="Folder for the autoencoder.",
)
@click.option(
    "--config",
    "configuration",
    type=_PATH,
    metavar="FILE",
    help="YAML of the model, or the hub's config.json, if it is not beside the checkpoint.",
)
@click.option(
    "--size",
    type=click.IntRange(8, 1024),
    metavar="PIXELS",
    help="Width and height of images.  [default: as trained]",
)
@click.option(
    "--resize",
    type=click.Choice(["crop", "pad", "stretch", "none"]),
    default="crop",
    show_default=True,
    help="How images are brought to one size.",
)
@click.option(
    "--training-share",
    type=click.FloatRange(0, 1, min_open=True),
    default=0.9,
    show_default=True,
    metavar="SHARE",
    help="Share of your images that 'tokenize --part training' takes, for a prior.",
)
@click.option(
    "--group",
    type=click.Choice(["caption", "base", "image"]),
    default="caption",
    show_default=True,
    help="Groups that are held out as a whole; 'image' for images without captions.",
)
@click.option("-f", "--force", is_flag=True, help="Overwrite what is there.")
@message_options
def import_vae(**values: Any) -> None:
    """Import a published autoencoder for 'tokenize', 'train-prior' and 'render'.

    SOURCE is a checkpoint of taming-transformers or of latent diffusion's VQ models (.ckpt, with
    its .yaml beside it), VQModel or GumbelVQ; a folder of the hub such as
    dalle-mini/vqgan_imagenet_f16_16384 (config.json with model.safetensors, pytorch_model.bin or
    flax_model.msgpack); or a folder with encoder.pkl and decoder.pkl, the dVAE that was released
    with DALL-E. Only weights are read: pickled code is never run, and files that contain it are
    refused.

    \b
    Examples:
      neurocomp dalle import-vae vqgan_imagenet_f16_16384 -o vae
      neurocomp dalle import-vae last.ckpt --config model.yaml --size 128 -o vae
      neurocomp dalle tokenize photos --vae vae -o photos.tokens
    """
    extras.require("dalle import-vae", "dalle", "torch")
    reporter = Reporter(quiet=values["quiet"], verbose=values["verbose"])
    output: Path = values["output"]
    require_empty(output, force=values["force"])

    import torch

    from neurocomp.models.dalle.autoencoders.stored import save_autoencoder
    from neurocomp.models.dalle.published import open_published
    from neurocomp.models.dalle.training.config import ImageDataConfig

    found = open_published(values["source"], values["configuration"])
    config, size = found.network.config, values["size"] or found.size
    if size % config.factor:
        raise UsageError(f"--size {size} is not a multiple of the {config.factor} of a code")
    names = ("resize", "training_share", "group")
    data = ImageDataConfig(size=size, **{name: values[name] for name in names})
    output.mkdir(parents=True, exist_ok=True)
    file = save_autoencoder(found.network, data, output, dtype=torch.float32)
    side = size // config.factor
    reporter.note(
        f"{display(file)}: {config.kind}, {size} x {size} pixels as {side} x {side} codes of "
        f"{config.num_codes}, from {', '.join(display(one) for one in found.sources)}"
    )
