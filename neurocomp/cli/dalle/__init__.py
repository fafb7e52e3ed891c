"""``neurocomp dalle``: one module for each of its commands."""

from __future__ import annotations

import click

from neurocomp.cli.dalle.evaluate import evaluate
from neurocomp.cli.dalle.generate import generate
from neurocomp.cli.dalle.train_prior import train_prior


@click.group(
    short_help="Images as tokens, and images from captions.",
    commands=[train_prior, generate, evaluate],
)
def dalle() -> None:
    """Turn images into tokens and tokens into images, with models trained on your own data.

    An autoencoder makes a grid of codes of an image; a prior predicts captions and codes, and so
    compresses them and draws new ones.
    """
