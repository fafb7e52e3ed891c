"""``neurocomp dalle generate``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from neurocomp.cli.options import message_options
from neurocomp.cli.report import Reporter, display


@click.command(short_help="Make images of captions.")
@click.argument("captions", metavar="CAPTIONS")
@click.option(
    "--model",
    default="rainbow",
    show_default=True,
    metavar="DIR",
    help="Folder of a prior's run, or the name of a prior in the package.",
)
@click.option(
    "-n",
    "count",
    type=click.IntRange(1, 10_000),
    default=8,
    show_default=True,
    metavar="N",
    help="Images of each caption.",
)
@click.option(
    "--best",
    type=click.IntRange(1),
    metavar="N",
    help="Keep so many of the images, those that tell most of their caption.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of the random numbers.")
@click.option(
    "--temperature",
    type=float,
    default=1.0,
    show_default=True,
    help="Below 1 likelier tokens, above 1 rarer ones; 0 for the likeliest.",
)
@click.option(
    "--top-k", type=int, default=0, show_default=True, help="Only the K likeliest tokens; 0: all."
)
@click.option(
    "--top-p",
    type=float,
    default=1.0,
    show_default=True,
    help="Only the likeliest tokens that have this share together.",
)
@click.option(
    "--guidance",
    type=float,
    default=1.0,
    show_default=True,
    help="Above 1: further away from what images without this caption look like.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    metavar="OUT",
    help="Folder for the images.",
)
@message_options
def generate(**values: Any) -> None:
    """Make N images of each of CAPTIONS, which have "|" between them.

    OUT gets samples.tokens. The same model, captions and options give the same tokens on any
    machine.

    \b
    Examples:
      neurocomp dalle generate "a red circle|two blue squares" -n 8 -o out
      neurocomp dalle generate "a red circle" -n 32 --best 4 --guidance 2 --seed 7 -o out
    """
    reporter = Reporter(quiet=values["quiet"], verbose=values["verbose"])

    from neurocomp.dalle.generation import generate_tokens
    from neurocomp.dalle.sampling import SamplingOptions
    from neurocomp.models.files import write_atomically
    from neurocomp.models.registry import open_dalle
    from neurocomp.symbols.tokens import write_tokens

    names = ("seed", "temperature", "top_k", "top_p", "guidance")
    options = SamplingOptions(**{name: values[name] for name in names})
    captions = [caption.strip() for caption in values["captions"].split("|")]
    model = open_dalle(values["model"])
    tokens = generate_tokens(model, captions, values["count"], options, keep=values["best"])
    output: Path = values["output"]
    output.mkdir(parents=True, exist_ok=True)
    target = output / "samples.tokens"
    write_atomically(target, write_tokens(tokens))
    reporter.note(f"{len(tokens.grids)} images: {display(target)}")
