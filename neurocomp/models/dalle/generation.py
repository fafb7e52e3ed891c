"""Images of captions, several of each, and the best of them, as CLIP sees them.

A. Radford et al., Learning transferable visual models from natural language supervision, 2021.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurocomp import extras
from neurocomp.errors import ModelNotFoundError, UsageError
from neurocomp.models.dalle import DalleModel
from neurocomp.models.dalle.autoencoders import Autoencoder
from neurocomp.models.dalle.autoencoders.codes import decode_codes, encode_pixels
from neurocomp.models.dalle.autoencoders.stored import StoredAutoencoder
from neurocomp.models.dalle.images import MAX_IMAGE_BYTES, UnusableImageError, open_image, read_file
from neurocomp.models.dalle.likelihood import caption_scores
from neurocomp.models.dalle.pictures import Pixels
from neurocomp.models.dalle.sampling import Codes, SamplingOptions, sample_grids
from neurocomp.models.dalle.token_files import TokenSet
from neurocomp.names import printable


@dataclass(frozen=True)
class Clip:
    """A CLIP of transformers; the types of its parts depend on the version."""

    model: Any
    processor: Any

    def scores(self, caption: str, pixels: Pixels) -> NDArray[np.float64]:
        """Return the similarity of a caption and pictures (N, height, width, 3), (N,).

        These are floats: the order of pictures that are nearly alike may depend on the machine.
        """
        import torch

        inputs = self.processor(
            text=[caption], images=[*pixels], return_tensors="pt", padding=True, truncation=True
        )
        with torch.inference_mode():
            logits = self.model(**inputs).logits_per_image
        scores: NDArray[np.float64] = logits[:, 0].double().numpy()
        return scores


def open_clip(name: str) -> Clip:
    """Return the CLIP of a folder, or of a name at the hub.

    Raises:
        ModelNotFoundError: there is no such model, neither here nor at the hub.
    """
    extras.require("--clip", "hub", "transformers", "torch")
    import transformers

    models: Any = transformers.AutoModel
    processors: Any = transformers.AutoProcessor
    try:
        return Clip(models.from_pretrained(name).eval(), processors.from_pretrained(name))
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise ModelNotFoundError(
            f"no CLIP {name!r} to rank by: name a folder that transformers reads, or leave out "
            f"--clip ({reason})"
        ) from None


@dataclass(frozen=True)
class Ranking:
    """Which images of a caption are kept.

    Attributes:
        keep: number of images to keep, the best first; None for all, in the order in which
            they come unless there is a CLIP.
        clip: judge of the images; None for the prior itself, which takes those that tell most of
            their caption.
        autoencoder: autoencoder that makes the pixels that a CLIP looks at.
    """

    keep: int | None = None
    clip: Clip | None = None
    autoencoder: Autoencoder | None = None

    def choose(self, model: DalleModel, caption: str, grids: Codes) -> NDArray[np.intp]:
        """Return the numbers of the images to keep."""
        if self.keep is None and self.clip is None:
            return np.arange(len(grids))
        scores: NDArray[Any]
        if self.clip is not None and self.autoencoder is not None:
            scores = self.clip.scores(caption, decode_codes(self.autoencoder, grids))
        else:
            scores = caption_scores(model, caption, grids)
        return np.argsort(-scores, kind="stable")[: self.keep]


def generate_tokens(
    model: DalleModel,
    captions: Sequence[str],
    count: int,
    options: SamplingOptions,
    prime: Codes | None = None,
    ranking: Ranking | None = None,
) -> TokenSet:
    """Return images of captions, in the order of the latter.

    Args:
        model: the prior.
        captions: at least one; the random numbers of an image depend on its place in the whole.
        count: number of images of each caption.
        options: sampling options for the codes.
        prime: the first codes of every image, (n,).
        ranking: choice of the images to keep; None for all.
    """
    each = [caption for caption in captions for _ in range(count)]
    grids = sample_grids(model, each, options, prime)
    chosen = []
    for number, caption in enumerate(captions):
        first = number * count
        kept = (ranking or Ranking()).choose(model, caption, grids[first : first + count])
        chosen += (first + kept).tolist()
    texts = tuple(each[number] for number in chosen)
    return TokenSet(texts, grids[chosen], model.shape.records.num_codes, model.shape.autoencoder)


def prime_codes(stored: StoredAutoencoder, image: Path, num_rows: int | None) -> Codes:
    """Return the codes of an image's upper rows in raster order, (n,).

    Args:
        stored: autoencoder that makes the codes.
        image: image file, of a size that the autoencoder's way of resizing takes.
        num_rows: number of rows of codes; None for half of them.

    Raises:
        UsageError: the file is not an image, or has not so many rows.
    """
    try:
        content = read_file(image, MAX_IMAGE_BYTES, "a file")
        pixels = open_image(content, stored.options)
    except UnusableImageError as error:
        raise UsageError(f"{printable(image)} can't be used: {error}") from None
    codes = encode_pixels(stored.network, pixels[None])[0]
    wanted = len(codes) // 2 if num_rows is None else num_rows
    if wanted > len(codes):
        raise UsageError(f"the image has {len(codes)} rows of codes, not {wanted}")
    kept: Codes = codes[:wanted].reshape(-1)
    return kept
