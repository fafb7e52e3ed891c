"""``neurocomp dalle``: one module for each of its commands."""

from __future__ import annotations

import click


@click.group(short_help="Images as tokens, and images from captions.")
def dalle() -> None:
    """Turn images into tokens and tokens into images, with models trained on your own data.

    An autoencoder makes a grid of codes of an image; a prior predicts captions and codes, and so
    compresses them and draws new ones.
    """
