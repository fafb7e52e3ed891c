"""``neurocomp dalle train-prior``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from neurocomp import extras
from neurocomp.cli.commands.dalle.tokens import is_token_file, read_parts, read_token_file
from neurocomp.cli.run_options import (
    FOLDER,
    config_option,
    end,
    read_config,
    run_options,
    run_place,
)
from neurocomp.cli.ui.report import Reporter
from neurocomp.errors import UsageError

if TYPE_CHECKING:
    from neurocomp.models.dalle.token_files import TokenSet

_PATH = click.Path(path_type=Path)


@click.command("train-prior", short_help="Train a prior of captions and tokens.")
@click.argument("data", required=False, type=_PATH, metavar="DATA")
@click.option(
    "--vae",
    type=FOLDER,
    metavar="DIR",
    help="The autoencoder of the codes, as for 'tokenize'.",
)
@click.option(
    "--held-out",
    type=_PATH,
    metavar="TOKENS",
    help="Tokens to validate on, instead of a part of DATA.",
)
@click.option("--no-captions", is_flag=True, help="DATA are images that need no captions.")
@config_option("rainbow", "rainbow, emoji or paper")
@click.option("-o", "--output", type=FOLDER, metavar="RUN", help="Folder of the run.")
@run_options("the parameters and the tokenizer of this checkpoint")
@click.option("--plan", is_flag=True, help="Only print parameters and memory.")
def train_prior(**values: Any) -> None:
    """Train a transformer that predicts captions and images' tokens.

    DATA is a token file (from 'neurocomp dalle tokenize'), or captioned images as for 'train-vae':
    then the prior is trained on those that the autoencoder was trained on, and the others are held
    out. The run's folder gets log.jsonl, loss.png, checkpoints, the autoencoder (that of --vae, or
    the package's if it made the codes) and prior.safetensors, the exact form, for
    --model dalle:RUN and 'neurocomp dalle generate --model RUN'.

    Several processes: torchrun --nproc-per-node N -m neurocomp dalle train-prior ...

    \b
    Examples:
      neurocomp dalle train-prior x.tokens --vae vae --config rainbow -o run
      neurocomp dalle train-prior photos --vae vae --config mine.toml -o run
      neurocomp dalle train-prior --plan --config paper
    """
    extras.require("dalle train-prior", "dalle")
    reporter = Reporter(quiet=values["quiet"], verbose=values["verbose"])

    from neurocomp.models.dalle.training.plan import plan_memory
    from neurocomp.models.dalle.training.train_prior import PriorTraining
    from neurocomp.training.run import run_training

    config = read_config(PriorTraining, values["config_name"], values)
    if values["plan"]:
        click.echo("\n".join(plan_memory(config).lines()))
        return
    if values["data"] is None or values["output"] is None:
        raise UsageError("name DATA to train on, and -o RUN for the results")
    tokens, held_out = _read(values, reporter)
    place = run_place(values)
    training = PriorTraining(config, tokens, held_out, _autoencoder(values))
    end(run_training(training, place, reporter.note), place.output)


def _autoencoder(values: dict[str, Any]) -> Path | None:
    """Return the folder of the autoencoder that was named."""
    from neurocomp.models.dalle.model_folder import find_autoencoder

    return None if values["vae"] is None else find_autoencoder(values["vae"])


def _read(values: dict[str, Any], reporter: Reporter) -> tuple[TokenSet, TokenSet | None]:
    """Return the training data, and separate validation data if there is any."""
    from neurocomp.models.dalle.autoencoders.codes import to_tokens
    from neurocomp.models.dalle.autoencoders.stored import load_autoencoder

    data, vae, held_out = values["data"], _autoencoder(values), values["held_out"]
    stored = None if vae is None else load_autoencoder(vae)
    if is_token_file(data):
        if values["no_captions"]:
            raise UsageError("--no-captions is for images: a token file has captions or not")
        tokens = read_token_file(data)
        held = None if held_out is None else read_token_file(held_out)
        if stored is not None and stored.sha256 != tokens.autoencoder:
            raise UsageError(f"{data} has the codes of another autoencoder than the one in {vae}")
        return tokens, held
    if stored is None:
        raise UsageError(f"{data} is not a token file (.tokens): name the autoencoder with --vae")
    if held_out is not None:
        raise UsageError(
            "--held-out is for token files: of images, those are held out that the autoencoder's "
            "training held out"
        )
    with_captions = not values["no_captions"]
    training, rest = read_parts(data, stored, reporter, with_captions=with_captions)
    if not len(training):
        raise UsageError(
            f"{data} has no image that the autoencoder was trained on: name its token "
            "file, from 'neurocomp dalle tokenize'"
        )
    return to_tokens(stored, training), to_tokens(stored, rest) if len(rest) else None


@click.command("train-vae", short_help="Train an autoencoder of images.")
@click.argument(
    "data", required=False, type=click.Path(path_type=Path, readable=False), metavar="DATA"
)
@config_option("rainbow", "rainbow, rainbow-vqvae, emoji or paper")
@click.option("-o", "--output", type=FOLDER, metavar="RUN", help="Folder of the run.")
@run_options()
@click.option("--plan", is_flag=True, help="Only print parameters and memory.")
def train_vae(**values: Any) -> None:
    """Train a discrete autoencoder, a dVAE or a VQ-VAE, on the images of DATA.

    DATA is a folder of images with caption files of the same stem (1.png, 1.txt), a WebDataset tar
    of the same, or a .jsonl or .csv table with the fields "image" and "caption". The run's folder
    gets log.jsonl, loss.png, reconstructions.png (originals above reconstructions),
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

    from neurocomp.models.dalle.images import ImageOptions
    from neurocomp.models.dalle.sources import read_images
    from neurocomp.models.dalle.training.plan import plan_autoencoder
    from neurocomp.models.dalle.training.train_vae import VaeTraining
    from neurocomp.training.run import run_training

    config = read_config(VaeTraining, values["config_name"], values)
    if values["plan"]:
        click.echo("\n".join(plan_autoencoder(config).lines()))
        return
    if values["data"] is None or values["output"] is None:
        raise UsageError("name DATA to train on, and -o RUN for the results")
    options = ImageOptions(config.data.size, config.data.resize)
    images = read_images(values["data"], options, with_captions=config.data.captions)
    for line in images.report():
        reporter.note(line)
    place = run_place(values)
    end(run_training(VaeTraining(config, images), place, reporter.note), place.output)
