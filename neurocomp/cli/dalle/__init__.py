"""``neurocomp dalle``."""

from __future__ import annotations

import click

from neurocomp.cli.dalle.evaluate import evaluate
from neurocomp.cli.dalle.generate import generate
from neurocomp.cli.dalle.train_prior import train_prior


@click.group(
    short_help="Captions and images: train, generate, measure.",
    commands=[train_prior, generate, evaluate],
)
def dalle() -> None:
    """Train and use models of captioned images (A. Ramesh et al. 2021).

    \b
    Examples:
      neurocomp dalle train-prior x.tokens --config rainbow -o run
      neurocomp dalle generate "a red circle" -n 8 -o out
      neurocomp compress x.tokens --model dalle:run
    """
