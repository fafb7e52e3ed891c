"""``neurocomp dalle``: one module for each of its commands."""

from __future__ import annotations

import click

from neurocomp.cli.commands.dalle.evaluate import evaluate
from neurocomp.cli.commands.dalle.generate import generate
from neurocomp.cli.commands.dalle.import_vae import import_vae
from neurocomp.cli.commands.dalle.pictures import make_rainbow, render
from neurocomp.cli.commands.dalle.tokenize import tokenize
from neurocomp.cli.commands.dalle.train import train_prior, train_vae


@click.group(
    short_help="Images as tokens, and images from captions.",
    commands=[
        *(make_rainbow, train_vae, import_vae, tokenize, train_prior),
        *(generate, render, evaluate),
    ],
)
def dalle() -> None:
    """Turn images into tokens and tokens into images, with models trained on your own data.

    An autoencoder turns an image into a grid of codes. A prior predicts captions and codes: it
    compresses them and generates new ones.
    """
