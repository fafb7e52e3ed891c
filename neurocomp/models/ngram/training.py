"""The training of n-gram models: reading, counting, smoothing, and the tensors of the result."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurocomp.errors import UsageError
from neurocomp.models.ngram import ARCHITECTURE, NgramModel
from neurocomp.models.ngram.counting import (
    MAX_BACKOFF,
    Floats,
    Level,
    Smoothed,
    count_ngrams,
    katz,
    smooth,
)
from neurocomp.models.ngram.model import MAX_ALPHABET_SIZE, MAX_ORDER, NUM_CODES, ONE, SMOOTHINGS
from neurocomp.store.stored import StoredModel
from neurocomp.training.data import read_documents

MAX_SYMBOLS = (1 << 31) - 1
MIN_WIDE_ALPHABET = 257
"""Symbols of an alphabet that is not larger are read as bytes."""

Kept = NDArray[np.bool_]
Tensors = dict[str, NDArray[Any]]


def keep_frequent(levels: Sequence[Level], min_counts: Sequence[int]) -> list[Kept]:
    """Return which n-grams of each level occur often enough to be stored.

    With ``min_counts`` that don't fall, the prefixes of a stored n-gram are stored too.
    """
    return [level.counts >= least for level, least in zip(levels, min_counts, strict=True)]


def pack_trie(levels: Sequence[Level], kept: Sequence[Kept]) -> Tensors:
    """Return the tensors of the trie: symbols and child counts, breadth first."""
    symbols: list[NDArray[np.int32]] = [np.zeros(1, np.int32)]
    child_counts = []
    parents_kept = np.ones(1, np.bool_)
    for level, keep in zip(levels, kept, strict=True):
        children = np.bincount(level.parents[keep], minlength=parents_kept.shape[0])
        child_counts.append(children[parents_kept])
        symbols.append(level.symbols[keep])
        parents_kept = keep
    return {
        "symbols": _narrow(np.concatenate(symbols)),
        "child_counts": _narrow(np.concatenate(child_counts)),
    }


def smoothed_levels(
    levels: Sequence[Level], kept: Sequence[Kept], smoothing: str
) -> Iterator[Smoothed]:
    """Yield the probabilities of each level under one of `SMOOTHINGS`."""
    num_prefixes, lower = 1, None
    for level, keep in zip(levels, kept, strict=True):
        if smoothing == "katz":
            smoothed = katz(level, keep, num_prefixes, lower)
        else:
            smoothed = smooth(level, keep, num_prefixes)
        yield smoothed
        num_prefixes, lower = level.counts.shape[0], smoothed.alphas


def pack_probabilities(
    levels: Sequence[Level], kept: Sequence[Kept], alphabet_size: int, smoothing: str
) -> Tensors:
    """Return the tensors of a smoothing: coded alphas and gammas, and the base."""
    unigrams, *longer = smoothed_levels(levels, kept, smoothing)
    base = np.full(alphabet_size, unigrams.gammas[0] / alphabet_size)
    base[levels[0].symbols] += unigrams.alphas
    alphas = [smoothed.alphas[keep] for smoothed, keep in zip(longer, kept[1:], strict=True)]
    unit = MAX_BACKOFF if smoothing == "katz" else 1.0
    gammas = [
        smoothed.gammas[keep] / unit for smoothed, keep in zip(longer, kept[:-1], strict=True)
    ]
    alpha_codes, alpha_books = _encode_levels(alphas)
    gamma_codes, gamma_books = _encode_levels(gammas)
    return {
        "alphas": alpha_codes,
        "gammas": gamma_codes,
        "alpha_books": alpha_books,
        "gamma_books": gamma_books,
        "base": np.maximum(np.rint(base * ONE), 1).astype(np.int32),
    }


def _encode_levels(levels: Sequence[Floats]) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """Return the codes of all levels in one array, and a code book for each."""
    codes, books = [np.zeros(0, np.uint8)], np.zeros((len(levels), NUM_CODES), np.int32)
    for row, values in enumerate(levels):
        level_codes, books[row] = _encode(values)
        codes.append(level_codes)
    return np.concatenate(codes), books


def _encode(values: Floats) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """Return 8-bit codes of ``values`` in (0, 1], and the code book in units of 2**-30.

    The book is a geometric series between the smallest and the largest value: a relative error of
    a few per cent costs less than 0.001 bit.
    """
    logs = np.log2(np.clip(values, 1 / ONE, 1.0))
    low, high = (float(logs.min()), float(logs.max())) if logs.size else (0.0, 0.0)
    step = max(high - low, 1e-9) / (NUM_CODES - 1)
    book = np.rint(np.exp2(low + step * np.arange(NUM_CODES)) * ONE)
    codes = np.rint((logs - low) / step).astype(np.uint8)
    return codes, np.clip(book, 1, ONE).astype(np.int32)


def _narrow(values: NDArray[Any]) -> NDArray[Any]:
    """Return ``values`` in the smallest unsigned type that holds them."""
    return values.astype(np.min_scalar_type(int(values.max(initial=0))))


def read_symbols(
    paths: Sequence[Path],
    *,
    is_wide: bool = False,
    alphabet_size: int | None = None,
    split: bool = False,
    max_bytes: int | None = None,
) -> tuple[list[NDArray[Any]], int]:
    """Return the documents of files as symbols, and the size of their alphabet.

    Args:
        paths: files, perhaps compressed.
        is_wide: whether a symbol is an integer of two bytes, the low one first, and not a byte.
        alphabet_size: number of wide symbols; None for as many as there are, at least
            `MIN_WIDE_ALPHABET`.
        split: whether a byte 0x1E ends a document.
        max_bytes: largest number of bytes to read from the start of each file; None for all.

    Raises:
        UsageError: a file can't be read so, or the alphabet is too small for wide symbols.
        FormatError: a file is damaged.
    """
    documents = read_documents(paths, split=split, max_bytes=max_bytes, is_text=not is_wide)
    if not is_wide:
        return list[NDArray[Any]](documents), 256
    if alphabet_size is not None and alphabet_size < MIN_WIDE_ALPHABET:
        raise UsageError(
            f"an alphabet of {alphabet_size} symbols needs no 16 bits: choose "
            f"{MIN_WIDE_ALPHABET} or more"
        )
    if odd := [document.size for document in documents if document.size % 2]:
        raise UsageError(f"a document of {odd[0]} bytes is not one of 16-bit integers")
    wide: list[NDArray[Any]] = [document.view("<u2") for document in documents]
    largest = max((int(document.max(initial=0)) for document in wide), default=0)
    return wide, alphabet_size or max(largest + 1, MIN_WIDE_ALPHABET)


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
        smoothing: "kneser-ney" (modified, interpolated) or "katz" (back-off).
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
    tensors = pack_probabilities(levels, kept, alphabet_size, smoothing)
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
