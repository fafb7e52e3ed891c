"""``neurocomp dalle eval``."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from neurocomp.cli.dalle.tokens import read_token_file
from neurocomp.cli.table import format_table
from neurocomp.errors import UsageError

if TYPE_CHECKING:
    from neurocomp.training.dalle.evaluation import PriorReport

_PATH = click.Path(path_type=Path)


@click.command("eval", short_help="Measure a prior on images that it has not seen.")
@click.argument("tokens", type=_PATH, metavar="TOKENS")
@click.option(
    "--model",
    default="rainbow",
    show_default=True,
    metavar="DIR",
    help="Folder of a prior's run, or the name of a prior in the package.",
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
    help="Take the captions of TOKENS that a training on the rest of them held out, a share.",
)
@click.option(
    "--limit", type=click.IntRange(1), metavar="N", help="Only N of the images, chosen by a seed."
)
@click.option(
    "--samples",
    type=click.IntRange(1),
    default=256,
    show_default=True,
    metavar="N",
    help="Captions whose image is foretold token by token.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def evaluate(**values: Any) -> None:
    """Measure what the images of TOKENS cost under a prior, and under simpler models.

    Code lengths are in bits per latent; sizes are of sets that were coded, decoded again and
    compared, without the frame's some 60 bytes. "adaptive" models learn while they code, "trained"
    ones have seen the training set before.

    \b
    Examples:
      neurocomp dalle eval held-out.tokens --model run --training train.tokens
      neurocomp dalle eval all.tokens --model run --held-out-share 0.7
    """
    from neurocomp.models.registry import open_dalle
    from neurocomp.training.dalle.evaluation import choose_images, evaluate_prior
    from neurocomp.training.dalle.prior_data import split_tokens

    tokens = read_token_file(values["tokens"])
    training = None
    if values["training"] is not None:
        training = read_token_file(values["training"])
    if values["held_out_share"] is not None:
        known, held_out = split_tokens(tokens, 1 - values["held_out_share"])
        if held_out is None:
            raise UsageError("this share of the captions is none: there is nothing to measure on")
        training, tokens = training or known, held_out
    if values["limit"] is not None:
        tokens = choose_images(tokens, values["limit"])
    report = evaluate_prior(open_dalle(values["model"]), tokens, training, values["samples"])
    if values["as_json"]:
        click.echo(json.dumps(dataclasses.asdict(report), indent=2))
        return
    click.echo("\n\n".join(_tables(report)))


def _tables(report: PriorReport) -> list[str]:
    measures = [(name, f"{value:.4f}") for name, value in report.measures.items()]
    sizes = []
    for one in report.sizes:
        over = ""
        if one.ideal_bytes is not None:
            over = f"{100 * (one.payload_bytes / one.ideal_bytes - 1):+.3f} %"
        sizes.append((one.what, one.coder, str(one.payload_bytes), over))
    title = f"{report.num_images} images of {report.num_latents} latents"
    return [
        format_table((title, "value"), measures, num_left=1),
        format_table(("coded", "coder", "bytes", "over the model's own"), sizes, num_left=2),
    ]
