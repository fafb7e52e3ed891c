"""``neurocomp dalle``: one module for each of its commands."""

from __future__ import annotations

import click

from neurocomp.cli.dalle.evaluate import evaluate
from neurocomp.cli.dalle.generate import generate
from neurocomp.cli.dalle.make_rainbow import make_rainbow
from neurocomp.cli.dalle.render import render
from neurocomp.cli.dalle.tokenize import tokenize
from neurocomp.cli.dalle.train_prior import train_prior
from neurocomp.cli.dalle.train_vae import train_vae


@click.group(
    short_help="Images as tokens, and images from captions.",
    commands=[make_rainbow, train_vae, tokenize, train_prior, generate, render, evaluate],
)
def dalle() -> None:
    """Turn images into tokens and tokens into images, with models trained on your own data.

    An autoencoder makes a grid of codes of an image; a prior predicts captions and codes, and so
    compresses them and draws new ones.
    """
