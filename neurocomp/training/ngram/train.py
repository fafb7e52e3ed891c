"""Training an n-gram model on documents of integer symbols."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurocomp.errors import UsageError
from neurocomp.models.ngram import ARCHITECTURE, NgramModel
from neurocomp.models.ngram.kneser_ney import MAX_ORDER
from neurocomp.models.ngram.model import MAX_ALPHABET_SIZE, SMOOTHINGS
from neurocomp.models.stored import StoredModel
from neurocomp.training.ngram.counting import count_ngrams
from neurocomp.training.ngram.packing import (
    keep_frequent,
    pack_counts,
    pack_kneser_ney,
    pack_trie,
)

MAX_SYMBOLS = (1 << 31) - 1


def train_ngram(
    documents: NDArray[Any] | Iterable[NDArray[Any]],
    alphabet_size: int,
    order: int,
    smoothing: str = "kneser-ney",
    min_count: int | Sequence[int] = 1,
) -> NgramModel:
    """Return the n-gram model of ``documents``.

    Args:
        documents: integer arrays of shape (symbols,), or one of them; no n-gram crosses from one
            document to the next, and every document begins without context, as a block does.
        alphabet_size: V, 1 to 60,000; symbols are in 0..V-1.
        order: length of the longest n-grams, 1 to 6.
        smoothing: "kneser-ney" (modified, interpolated) or "backoff" (plain counts).
        min_count: n-grams of 2 symbols or more that occur less often are not stored, which makes
            the model smaller; or one such number for each length, of which none may be smaller
            than the one before it, the first being 1.

    Raises:
        UsageError: an argument is out of its range, or there are no symbols.
    """
    if not 1 <= order <= MAX_ORDER:
        raise UsageError(f"the order is {order}, not 1 to {MAX_ORDER}")
    if not 1 <= alphabet_size <= MAX_ALPHABET_SIZE:
        raise UsageError(f"the alphabet has {alphabet_size} symbols, not 1 to {MAX_ALPHABET_SIZE}")
    if smoothing not in SMOOTHINGS:
        raise UsageError(f"the smoothing is {smoothing!r}, not one of {', '.join(SMOOTHINGS)}")
    min_counts = _min_counts(min_count, order)
    symbols, first = _join(documents, alphabet_size)
    levels = count_ngrams(symbols, first, order)
    kept = keep_frequent(levels, min_counts)
    if smoothing == "kneser-ney":
        tensors = pack_kneser_ney(levels, kept, alphabet_size)
    else:
        tensors = pack_counts(levels, kept)
    config = {"alphabet_size": alphabet_size, "order": order, "smoothing": smoothing}
    stored = StoredModel(ARCHITECTURE, config, {**pack_trie(levels, kept), **tensors})
    return NgramModel.from_stored(stored)


def _min_counts(min_count: int | Sequence[int], order: int) -> list[int]:
    counts = [1] + [min_count] * (order - 1) if isinstance(min_count, int) else list(min_count)
    if len(counts) != order or counts[0] != 1 or counts != sorted(counts):
        raise UsageError(
            f"min_count is {min_count}, not a positive number or {order} of them that begin with 1 "
            "and don't fall"
        )
    return counts


def _join(
    documents: NDArray[Any] | Iterable[NDArray[Any]], alphabet_size: int
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Return all documents in one array, and where each that isn't empty begins in it."""
    parts = [documents] if isinstance(documents, np.ndarray) else list(documents)
    for part in parts:
        if part.ndim != 1 or part.dtype.kind not in "iu":
            raise UsageError(f"a document is {part.dtype} {part.shape}, not integers of one axis")
        if part.size and not 0 <= int(part.min()) <= int(part.max()) < alphabet_size:
            raise UsageError(f"a document has symbols outside 0..{alphabet_size - 1}")
    parts = [part for part in parts if part.size]
    sizes = np.asarray([part.size for part in parts], np.int64)
    if not 1 <= int(sizes.sum()) <= MAX_SYMBOLS:
        raise UsageError(f"there are {sizes.sum()} symbols to train on, not 1 to {MAX_SYMBOLS}")
    symbols = np.empty(int(sizes.sum()), np.int32)
    np.concatenate(parts, out=symbols, casting="unsafe")
    return symbols, np.cumsum(sizes) - sizes
