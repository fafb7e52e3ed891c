"""``neurocomp dalle train-vae``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from neurocomp.cli.options import message_options
from neurocomp.cli.report import Reporter, display, say
from neurocomp.errors import UsageError

_FOLDER = click.Path(path_type=Path, file_okay=False)


@click.command("train-vae", short_help="Train an autoencoder of images.")
@click.argument(
    "data", required=False, type=click.Path(path_type=Path, readable=False), metavar="DATA"
)
@click.option(
    "--config",
    "config_name",
    metavar="FILE.toml",
    default="rainbow",
    show_default=True,
    help="Configuration: a TOML file, or rainbow, rainbow-last, emoji or paper.",
)
@click.option("-o", "--output", type=_FOLDER, metavar="RUN", help="Folder of the run.")
@click.option("--resume", is_flag=True, help="Go on from the run's newest checkpoint.")
@click.option(
    "--init",
    "initial",
    type=_FOLDER,
    metavar="CHECKPOINT",
    help="Begin with the parameters of this checkpoint.",
)
@click.option(
    "--steps", type=click.IntRange(1), metavar="N", help="Instead of the configuration's."
)
@click.option("--device", type=click.Choice(["cpu", "cuda"]), help="Default: cuda if any.")
@click.option(
    "--sharding",
    type=click.Choice(["ddp", "fsdp"]),
    default="ddp",
    show_default=True,
    help="Of parameters over the processes that torchrun starts.",
)
@click.option("--plan", is_flag=True, help="Only tell parameters and memory.")
@message_options
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
    reporter = Reporter(quiet=values["quiet"], verbose=values["verbose"])

    from neurocomp.training.config import parse, read_toml
    from neurocomp.training.dalle.plan import plan_autoencoder
    from neurocomp.training.dalle.vae_config import PRESETS, VaeTrainingConfig

    name = values["config_name"]
    table = read_toml(f"vae-{name}" if name in PRESETS else name)
    if values["steps"] is not None:
        table["run"] = {**table.get("run", {}), "steps": values["steps"]}
    config = parse(VaeTrainingConfig, table)
    if values["plan"]:
        click.echo("\n".join(plan_autoencoder(config).lines()))
        return
    if values["data"] is None or values["output"] is None:
        raise UsageError("name DATA to train on, and -o RUN for the results")

    from neurocomp.dalle.images import ImageOptions
    from neurocomp.dalle.sources import read_images
    from neurocomp.training.dalle.train_vae import VaePlace
    from neurocomp.training.dalle.train_vae import train_vae as train

    options = ImageOptions(config.data.size, config.data.resize)
    images = read_images(values["data"], options, with_captions=config.data.captions)
    for line in images.report():
        reporter.note(line)
    names = ("output", "resume", "initial", "device", "sharding")
    place = VaePlace(**{one: values[one] for one in names})
    result = train(config, images, place, reporter.note)
    if not result.finished:
        say(f"stopped after step {result.step}: go on with --resume -o {display(place.output)}")
        raise click.exceptions.Exit(130)
