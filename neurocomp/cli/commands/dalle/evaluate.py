"""``neurocomp dalle eval``."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from neurocomp import extras
from neurocomp.cli.commands.dalle.tokens import is_token_file, read_parts, read_token_file
from neurocomp.cli.ui.report import Reporter
from neurocomp.cli.ui.text import format_table
from neurocomp.errors import UsageError

if TYPE_CHECKING:
    from neurocomp.models.dalle.autoencoders.stored import StoredAutoencoder
    from neurocomp.models.dalle.images import CaptionedImages
    from neurocomp.models.dalle.token_files import TokenSet
    from neurocomp.models.dalle.training.evaluation import PriorReport
    from neurocomp.models.dalle.training.image_evaluation import Distance

_PATH = click.Path(path_type=Path)
NUM_SAMPLES = 256


@click.command(
    "eval", short_help="Measure a prior or an autoencoder on images that it has not seen."
)
@click.argument("data", type=_PATH, metavar="DATA")
@click.option(
    "--model",
    default="rainbow",
    show_default=True,
    metavar="DIR",
    help="Folder of a prior's or of an autoencoder's run, or the name of a prior in the package.",
)
@click.option(
    "--training",
    type=_PATH,
    metavar="TOKENS",
    help="What the prior was trained on, to train simpler models on it as well.",
)
@click.option(
    "--held-out-share",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    metavar="SHARE",
    help="Measure the share of the captions of TOKENS that training on the rest held out.",
)
@click.option(
    "--limit", type=click.IntRange(1), metavar="N", help="Only N of the images, chosen by a seed."
)
@click.option(
    "--samples",
    type=click.IntRange(1),
    metavar="N",
    help=f"Captions whose image is predicted token by token.  [default: {NUM_SAMPLES}]",
)
@click.option("--no-captions", is_flag=True, help="DATA are images that need no captions.")
@click.option(
    "--distance",
    metavar="NAME",
    help="Distance between images and their reconstructions: 'fid' (rFID, by torch-fidelity), or "
    "a vision model such as facebook/dinov2-base: a name at the hub or a folder. A model "
    "that is not on this machine is downloaded once.",
)
@click.option(
    "--inception",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="With --distance fid: the weights of its network (pt_inception-2015-12-05); they are "
    "not downloaded.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def evaluate(**values: Any) -> None:
    """Measure the cost of images under a prior, and under simpler models.

    DATA is a token file, or captioned images as 'train-vae' takes them. If DATA are images, the
    held-out ones are measured, and the bound on bits per sub-pixel is printed too. For an
    autoencoder alone, the output is its PSNR with the most likely codes ("hard") and without
    choosing codes ("soft"), bits per sub-pixel, the bound (negative ELBO), and codes used and
    perplexity as shares of K.

    Code lengths are in bits per latent. Sizes are of sets that were coded, decoded and compared,
    without the frame's 60 bytes or so. "adaptive" models learn while they code; "trained" ones have
    seen the training set before. "prior" is the prior by itself, image by image; "coded" includes
    what the coder learns from the set.

    \b
    Examples:
      neurocomp dalle eval held-out.tokens --model run --training train.tokens
      neurocomp dalle eval all.tokens --model run --held-out-share 0.7
      neurocomp dalle eval rainbow.tar --model vae
      neurocomp dalle eval photos --model vae --distance fid
    """
    extras.require("dalle eval", "dalle")
    _refuse_what_has_no_meaning(values)
    if _is_autoencoder(values["model"]):
        report = _of_autoencoder(values)
    elif is_token_file(values["data"]):
        report = _of_tokens(values)
    else:
        report = _of_images(values)
    if values["as_json"]:
        click.echo(json.dumps(dataclasses.asdict(report), indent=2))
    else:
        click.echo("\n\n".join(_tables(report)))


def _refuse_what_has_no_meaning(values: dict[str, Any]) -> None:
    """Refuse options that the data or the model leave nothing to do."""
    of_tokens = is_token_file(values["data"])
    if not of_tokens and values["held_out_share"] is not None:
        raise UsageError(
            "--held-out-share is for token files: the held-out images are those that the "
            "autoencoder's training held out"
        )
    if of_tokens and values["distance"] is not None:
        raise UsageError("--distance compares images with their reconstructions: name images")
    if values["inception"] is not None and values["distance"] != "fid":
        raise UsageError("--inception is for --distance fid")
    if of_tokens and values["no_captions"]:
        raise UsageError("--no-captions is for images: a token file has captions or not")
    if _is_autoencoder(values["model"]):
        for name in ("training", "samples"):
            if values[name] is not None:
                raise UsageError(
                    f"--{name} is for a prior, but {values['model']} is an autoencoder"
                )


def _is_autoencoder(name: str) -> bool:
    from neurocomp.models.dalle.autoencoders.stored import MODEL_NAME
    from neurocomp.store.shipped import DALLE_FILE

    folder = Path(name)
    return (folder / MODEL_NAME).is_file() and not (folder / DALLE_FILE).exists()


def _of_autoencoder(values: dict[str, Any]) -> PriorReport:
    if is_token_file(values["data"]):
        raise UsageError("an autoencoder is measured on images: name a folder, a tar or a table")
    from neurocomp.models.dalle.autoencoders.stored import load_autoencoder
    from neurocomp.models.dalle.training.image_evaluation import evaluate_autoencoder

    stored = load_autoencoder(Path(values["model"]))
    _, images = _read_images(values, stored)
    return evaluate_autoencoder(stored, images, _distance(values))


def _of_tokens(values: dict[str, Any]) -> PriorReport:
    from neurocomp.models.dalle.training.evaluation import choose_tokens, evaluate_prior, hold_out
    from neurocomp.registry.opening import open_dalle

    model = open_dalle(values["model"])
    training, tokens = _read_training(values), read_token_file(values["data"])
    if values["held_out_share"] is not None:
        rest, tokens = hold_out(tokens, values["held_out_share"])
        training = training or rest
    if values["limit"] is not None:
        tokens = choose_tokens(tokens, values["limit"])
    return evaluate_prior(model, tokens, training, values["samples"] or NUM_SAMPLES)


def _of_images(values: dict[str, Any]) -> PriorReport:
    from neurocomp.models.dalle.autoencoders.codes import to_tokens
    from neurocomp.models.dalle.model_folder import AUTOENCODER, open_autoencoder
    from neurocomp.models.dalle.training.image_evaluation import evaluate_on_images
    from neurocomp.registry.opening import open_dalle
    from neurocomp.store.shipped import dalle_file

    model = open_dalle(values["model"])
    training = _read_training(values)
    stored = open_autoencoder(model, dalle_file(values["model"]).parent / AUTOENCODER)
    known, images = _read_images(values, stored)
    if training is None and len(known):
        training = to_tokens(stored, known)
    samples = values["samples"] or NUM_SAMPLES
    return evaluate_on_images(model, stored, images, training, samples, _distance(values))


def _read_training(values: dict[str, Any]) -> TokenSet | None:
    return None if values["training"] is None else read_token_file(values["training"])


def _read_images(
    values: dict[str, Any], stored: StoredAutoencoder
) -> tuple[CaptionedImages, CaptionedImages]:
    """Return the images that were trained on, and those to measure."""
    from neurocomp.models.dalle.training.image_evaluation import choose_held_out

    with_captions = not values["no_captions"]
    known, held_out = read_parts(values["data"], stored, Reporter(), with_captions=with_captions)
    return known, choose_held_out(held_out, values["limit"])


def _distance(values: dict[str, Any]) -> Distance | None:
    from neurocomp.models.dalle.training.image_evaluation import Distance

    name = values["distance"]
    return None if name is None else Distance(name, values["inception"])


def _tables(report: PriorReport) -> list[str]:
    measures = [(name, f"{value:.4f}") for name, value in report.measures.items()]
    sizes = []
    for one in report.sizes:
        over = ""
        if one.ideal_bytes is not None:
            over = f"{100 * (one.payload_bytes / one.ideal_bytes - 1):+.3f} %"
        sizes.append((one.what, one.coder, str(one.payload_bytes), over))
    title = f"{report.num_images} images of {report.num_latents} latents"
    tables = [format_table((title, "value"), measures, num_left=1)]
    if sizes:
        tables.append(
            format_table(("coded", "coder", "bytes", "over the model's own"), sizes, num_left=2)
        )
    return tables
