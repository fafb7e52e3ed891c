"""Costs of captions and images under a prior's integer tables, and baselines for them.

That is two adaptive models of a grid's codes, which learn while they code.  The two-dimensional
model mixes predictions under ten contexts of the neighbouring codes, bit by bit (M. Mahoney's
logistic mixing, with weights chosen by the node of the code's binary tree): the strongest of its
kind that a few lines make.  Floats are fine here: the code lengths are for comparison, and nothing
is decoded by them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from neurocomp import _core
from neurocomp.exact import TOTAL, Symbols
from neurocomp.exact.tables import logarithm_table, logarithms
from neurocomp.models.dalle import DalleModel
from neurocomp.models.dalle.network import (
    IMPOSSIBLE,
    Bits,
    chosen_frequencies,
    code_lengths,
    damped,
)
from neurocomp.models.dalle.sampling import LANES_AT_ONCE, Codes, caption_rows


def image_bits(model: DalleModel, captions: Sequence[str], grids: Codes, damping: int = 0) -> Bits:
    """Return the code lengths of the codes of ``grids`` given captions, (lanes, codes), in bits."""
    bits: Bits = -np.log2(image_frequencies(model, captions, grids, damping) / TOTAL)
    return bits


def image_frequencies(
    model: DalleModel, captions: Sequence[str], grids: Codes, damping: int = 0
) -> Symbols:
    """Return the frequencies of the codes of ``grids`` given captions, int32 (lanes, codes)."""
    shape = model.shape
    found = np.empty((len(grids), shape.records.num_latents), np.int32)
    for start in range(0, len(grids), LANES_AT_ONCE):
        some = slice(start, start + LANES_AT_ONCE)
        codes = grids[some].reshape(-1, shape.records.num_latents).astype(np.int32)
        texts = caption_rows(model, captions[some])
        rows = np.concatenate([texts, shape.code_symbols(codes)], axis=1)
        logits = damped(model.network.all_logits(rows[:, :-1])[1], damping)
        found[some] = chosen_frequencies(model.network, logits, codes)
    return found


def caption_bits(model: DalleModel, captions: Sequence[str]) -> Bits:
    """Return the code lengths of captions up to their pad, (lanes,), in bits.

    Of a caption longer than the prior's, what the prior sees counts.
    """
    shape, records = model.shape, model.shape.records
    sums = []
    for start in range(0, len(captions), LANES_AT_ONCE):
        rows = caption_rows(model, captions[start : start + LANES_AT_ONCE])
        logits = model.network.all_logits(rows[:, :-1])[0]
        text = shape.text_of(rows)
        # Only the pad of a place can stand there.
        for place in range(records.text_length):
            hidden = np.arange(records.num_tokens, logits.shape[2]) != shape.pad_at(place)
            logits[:, place, records.num_tokens :][:, hidden] = IMPOSSIBLE
        bits = code_lengths(model.network, logits, text)
        sums.append(np.where(shape.counted(text), bits, 0).sum(1))
    return np.concatenate(sums) if sums else np.empty(0)


def caption_scores(model: DalleModel, caption: str, grids: Codes) -> NDArray[np.int64]:
    """Return the bits that each image saves on the caption, (lanes,), in 1/1024 bits, for ranking.

    By Bayes' rule the likelihood of a caption given an image is that of the image given the
    caption, over that of the image alone, times that of the caption, which is the same for all.
    These are integers, so that every machine keeps the same images.
    """
    table = logarithm_table(model.network.exp2)
    sums = []
    for text in (caption, ""):
        found = image_frequencies(model, [text] * len(grids), grids).astype(np.int64)
        sums.append(logarithms(found.reshape(-1), table).reshape(found.shape).sum(1))
    scores: NDArray[np.int64] = sums[0] - sums[1]
    return scores


Grids = NDArray[np.uint16]


def unigram_bits(grids: Grids, num_codes: int, before: Grids | None = None) -> float:
    """Return the code length of all codes under adaptive counts from 1/2 on (Krichevsky-Trofimov).

    Args:
        grids: codes to measure, (N, rows, columns).
        num_codes: K, size of the codebook.
        before: grids that the counts have seen already.
    """
    model = _core.images.CountModel(num_codes)
    if before is not None:
        model.read(np.ascontiguousarray(before).reshape(-1))
    return model.read(np.ascontiguousarray(grids).reshape(-1))


def context_bits(grids: Grids, num_codes: int, before: Grids | None = None) -> float:
    """Return the code length of all codes under the two-dimensional model; see `unigram_bits`."""
    model = _core.images.GridModel(max(int(num_codes - 1).bit_length(), 1))
    if before is not None:
        model.read(np.ascontiguousarray(before))
    return model.read(np.ascontiguousarray(grids))
