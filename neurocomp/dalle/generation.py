"""Images of captions, several of each, the best of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from neurocomp.dalle.likelihood import caption_scores
from neurocomp.dalle.sampling import Codes, SamplingOptions, sample_grids
from neurocomp.models.dalle import DalleModel
from neurocomp.symbols.tokens import TokenSet


def generate_tokens(
    model: DalleModel,
    captions: Sequence[str],
    count: int,
    options: SamplingOptions,
    prime: Codes | None = None,
    keep: int | None = None,
) -> TokenSet:
    """Return images of captions, in the order of the latter.

    Args:
        model: the prior.
        captions: one or more; the random numbers of an image depend on its place in the whole.
        count: images of each.
        options: how codes are drawn.
        prime: the first codes of every image, (n,).
        keep: of each caption's images, as many as tell most of it, the best first; None for all.
    """
    each = [caption for caption in captions for _ in range(count)]
    grids = sample_grids(model, each, options, prime)
    if keep is not None and keep < count:
        chosen = []
        for number, caption in enumerate(captions):
            first = number * count
            scores = caption_scores(model, caption, grids[first : first + count])
            chosen += [first + one for one in np.argsort(-scores, kind="stable")[:keep].tolist()]
        grids = grids[chosen]
        each = [each[one] for one in chosen]
    records = model.shape.records
    return TokenSet(tuple(each), grids, records.num_codes, model.shape.autoencoder)
