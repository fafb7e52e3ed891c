"""``neurocomp dalle train-vae``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from neurocomp import extras
from neurocomp.cli.report import Reporter
from neurocomp.cli.run_options import (
    FOLDER,
    config_option,
    end,
    read_config,
    run_options,
    run_place,
)
from neurocomp.errors import UsageError


@click.command("train-vae", short_help="Train an autoencoder of images.")
@click.argument(
    "data", required=False, type=click.Path(path_type=Path, readable=False), metavar="DATA"
)
@config_option("rainbow", "rainbow, rainbow-last, rainbow-vqvae, emoji or paper")
@click.option("-o", "--output", type=FOLDER, metavar="RUN", help="Folder of the run.")
@run_options()
@click.option("--plan", is_flag=True, help="Only tell parameters and memory.")
def train_vae(**values: Any) -> None:
    """Train a discrete autoencoder, a dVAE or a VQ-VAE, on the images of DATA.

    DATA is a folder of images with caption files of the same stem (1.png, 1.txt), a WebDataset tar
    of the same, or a .jsonl or .csv table with the fields "image" and "caption". The run's folder
    gets log.jsonl, loss.png, reconstructions.png (originals above what became of them),
    checkpoints, and the autoencoder as model.safetensors and config.json. Several processes:
    torchrun --nproc-per-node N -m neurocomp dalle train-vae ...

    \b
    Examples:
      neurocomp dalle train-vae rainbow.tar --config rainbow -o vae
      neurocomp dalle train-vae photos --config mine.toml -o vae --resume
      neurocomp dalle train-vae --plan --config paper
    """
    extras.require("dalle train-vae", "dalle", "torch", "PIL")
    reporter = Reporter(quiet=values["quiet"], verbose=values["verbose"])

    from neurocomp.training.dalle.plan import plan_autoencoder
    from neurocomp.training.dalle.vae_config import PRESETS, VaeTrainingConfig

    name = values["config_name"]
    recipe = f"vae-{name}" if name in PRESETS else name
    config = read_config(VaeTrainingConfig, recipe, values)
    if values["plan"]:
        click.echo("\n".join(plan_autoencoder(config).lines()))
        return
    if values["data"] is None or values["output"] is None:
        raise UsageError("name DATA to train on, and -o RUN for the results")

    from neurocomp.dalle.images import ImageOptions
    from neurocomp.dalle.sources import read_images
    from neurocomp.training.dalle.train_vae import train_vae as train

    options = ImageOptions(config.data.size, config.data.resize)
    images = read_images(values["data"], options, with_captions=config.data.captions)
    for line in images.report():
        reporter.note(line)
    place = run_place(values)
    result = train(config, images, place, reporter.note)
    end(result, place.output)
