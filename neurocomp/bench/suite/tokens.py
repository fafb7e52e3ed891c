"""Sets of tokens: captions and codes of the pictures that the package draws and has a model of."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from neurocomp import extras
from neurocomp.errors import UsageError

if TYPE_CHECKING:
    from neurocomp.models.dalle.token_files import TokenSet

KINDS = ("captions", "latents", "captioned-latents")

_MODEL = "rainbow"
NUM_PICTURES = 1024
"""Number of held-out pictures, chosen by a seed."""


def make(kind: str) -> bytes:
    """Return a token file of the pictures that the package's autoencoder was not trained on.

    An autoencoder computes in floats: another machine may choose another code here and there, which
    the hash in the results shows.

    Raises:
        MissingPackageError: torch or pillow are not installed.
    """
    extras.require(f"the suite's file of {kind}", "dalle", "torch", "PIL")
    from neurocomp.models.dalle.token_files import NO_AUTOENCODER, TokenSet, write_tokens

    whole = _held_out()
    if kind == "captions":
        return write_tokens(
            TokenSet(whole.captions, np.zeros((0, 0, 0), np.uint16), 0, NO_AUTOENCODER)
        )
    if kind == "latents":
        return write_tokens(TokenSet((), whole.grids, whole.num_codes, whole.autoencoder))
    if kind == "captioned-latents":
        return write_tokens(whole)
    raise UsageError(f"no set of tokens is called {kind!r}: choose one of {', '.join(KINDS)}")


@cache
def _held_out() -> TokenSet:
    from neurocomp.models.dalle.autoencoders.codes import encode_pixels
    from neurocomp.models.dalle.autoencoders.stored import load_autoencoder
    from neurocomp.models.dalle.images import CaptionedImages
    from neurocomp.models.dalle.model_folder import find_autoencoder
    from neurocomp.models.dalle.rainbow import rainbow
    from neurocomp.models.dalle.token_files import TokenSet

    stored = load_autoencoder(find_autoencoder(Path(_MODEL)))
    drawn = list(rainbow())
    keys = tuple(f"{number:05d}" for number in range(len(drawn)))
    captions, pictures = zip(*drawn, strict=True)
    images = CaptionedImages(keys, captions, np.stack(pictures))
    part = images.part("held-out", stored.training_share, stored.group).choose(NUM_PICTURES)
    codes = encode_pixels(stored.network, part.pixels)
    return TokenSet(part.captions, codes, stored.network.config.num_codes, stored.sha256)
