"""From counted and smoothed levels to the tensors of a stored n-gram model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurocomp.models.ngram.kneser_ney import NUM_CODES, ONE
from neurocomp.training.ngram.counting import Level
from neurocomp.training.ngram.discounts import Floats, smooth

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


def pack_counts(levels: Sequence[Level], kept: Sequence[Kept]) -> Tensors:
    """Return the tensors of back-off smoothing: the counts."""
    counts = [level.counts[keep] for level, keep in zip(levels, kept, strict=True)]
    return {"counts": _narrow(np.concatenate([np.zeros(1, np.int32), *counts]))}


def pack_kneser_ney(levels: Sequence[Level], kept: Sequence[Kept], alphabet_size: int) -> Tensors:
    """Return the tensors of Kneser-Ney smoothing: coded alphas and gammas, and the base."""
    unigrams = smooth(levels[0], np.ones_like(kept[0]), 1)
    base = np.full(alphabet_size, unigrams.gammas[0] / alphabet_size)
    base[levels[0].symbols] += unigrams.alphas
    alphas: list[Floats] = []
    gammas: list[Floats] = []
    for prefixes, level, keep_prefixes, keep in zip(
        levels[:-1], levels[1:], kept[:-1], kept[1:], strict=True
    ):
        smoothed = smooth(level, keep, prefixes.counts.shape[0])
        alphas.append(smoothed.alphas[keep])
        gammas.append(smoothed.gammas[keep_prefixes])
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
