"""What captions and images cost under a prior, from its integer tables."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from neurocomp.dalle.sampling import LANES_AT_ONCE, Codes, caption_rows
from neurocomp.models.dalle import DalleModel
from neurocomp.models.dalle.damping import Bits, code_lengths, damped
from neurocomp.models.dalle.network import IMPOSSIBLE


def image_bits(model: DalleModel, captions: Sequence[str], grids: Codes, damping: int = 0) -> Bits:
    """Return the code lengths of the codes of ``grids`` given captions, (lanes, codes), in bits."""
    parts = [
        _image_bits(
            model, captions[start : start + LANES_AT_ONCE], grids[start:][:LANES_AT_ONCE], damping
        )
        for start in range(0, len(captions), LANES_AT_ONCE)
    ]
    return np.concatenate(parts) if parts else np.empty((0, model.shape.records.num_latents))


def caption_bits(model: DalleModel, captions: Sequence[str]) -> Bits:
    """Return the code lengths of captions up to their pad, (lanes,), in bits.

    Of a caption longer than the prior's, what the prior sees counts.
    """
    records = model.shape.records
    sums = []
    for start in range(0, len(captions), LANES_AT_ONCE):
        rows = caption_rows(model, captions[start : start + LANES_AT_ONCE])
        logits = model.network.all_logits(rows[:, :-1])[0]
        text = rows[:, 1:]
        is_pad = text >= records.num_tokens
        # Only the pad of a place can stand there.
        for place in range(records.text_length):
            hidden = np.arange(records.num_tokens, logits.shape[2]) != records.num_tokens + place
            logits[:, place, records.num_tokens :][:, hidden] = IMPOSSIBLE
        bits = code_lengths(model.network, logits, text)
        sums.append(np.where(np.cumsum(is_pad, 1) - is_pad == 0, bits, 0).sum(1))
    return np.concatenate(sums) if sums else np.empty(0)


def caption_scores(model: DalleModel, caption: str, grids: Codes) -> Bits:
    """Return how much each image tells of the caption, (lanes,), in bits: what to rank them by.

    By Bayes' rule the likelihood of a caption given an image is that of the image given the
    caption, over that of the image alone, times that of the caption, which is the same for all.
    """
    given = image_bits(model, [caption] * len(grids), grids).sum(1)
    scores: Bits = image_bits(model, [""] * len(grids), grids).sum(1) - given
    return scores


def _image_bits(model: DalleModel, captions: Sequence[str], grids: Codes, damping: int) -> Bits:
    shape = model.shape
    codes = grids.reshape(len(grids), -1).astype(np.int32)
    rows = np.concatenate([caption_rows(model, captions), codes + shape.first_code], axis=1)
    logits = damped(model.network.all_logits(rows[:, :-1])[1], damping)
    return code_lengths(model.network, logits, codes)
