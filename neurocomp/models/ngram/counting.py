"""Counting the n-grams of a text in linear time, and what its counts are discounted by.

A k-gram is known by its rank among all k-grams, so the alphabet's size doesn't matter; the sort
that ranks them is in ``core/src/ngram/counting.hpp``.

Two smoothings: modified Kneser-Ney, and Katz's back-off.

S. F. Chen and J. Goodman, "An Empirical Study of Smoothing Techniques for Language Modeling",
Harvard TR-10-98 (1998), section 3 and equation 26.

S. M. Katz, "Estimation of Probabilities from Sparse Data for the Language Model Component of a
Speech Recognizer", IEEE Transactions on Acoustics, Speech, and Signal Processing 35 (1987).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurocomp import _core

Array32 = NDArray[np.int32]


@dataclass(frozen=True)
class Level:
    """All different n-grams of one length, sorted.

    Attributes:
        parents: rank of each n-gram's prefix on the level below; 0 on level 1.
        symbols: last symbol of each n-gram.
        counts: number of times that each n-gram occurs.
        continuations: number of different symbols that precede each n-gram, where a beginning of a
            document counts as one more symbol; at the highest order the counts themselves.
        suffixes: rank of each n-gram without its first symbol on the level below; 0 on level 1.
    """

    parents: Array32
    symbols: Array32
    counts: Array32
    continuations: Array32
    suffixes: Array32


def count_ngrams(symbols: Array32, first: NDArray[np.int64], order: int) -> list[Level]:
    """Return the n-grams of lengths 1 to ``order`` that don't cross a document's end.

    Args:
        symbols: all documents, one after the other; shape (N,), 1 <= N < 2**31, none negative.
        first: index of the first symbol of each (non-empty) document, ascending from 0.
        order: length of the longest n-grams.
    """
    room = _room(symbols.shape[0], first, order)
    values, ranks = _rank_symbols(symbols)
    counts = np.bincount(ranks, minlength=values.shape[0]).astype(np.int32)
    by_symbol = _core.ngram.sort_positions(ranks, counts)
    parents = suffixes = np.zeros(values.shape[0], np.int32)
    levels = []
    for length in range(1, order):
        next_ranks, next_parents, next_symbols, next_counts, examples = _core.ngram.next_grams(
            by_symbol, ranks, counts, room, symbols, length
        )
        next_suffixes = ranks[examples + 1]
        continuations = np.bincount(next_suffixes, minlength=counts.shape[0])
        opening = np.unique(ranks[first[room[first] >= length]])
        continuations[opening] += 1
        levels.append(Level(parents, values, counts, continuations.astype(np.int32), suffixes))
        ranks, parents, values, counts = next_ranks, next_parents, next_symbols, next_counts
        suffixes = next_suffixes
    levels.append(Level(parents, values, counts, counts, suffixes))
    return levels


def _room(size: int, first: NDArray[np.int64], order: int) -> NDArray[np.uint8]:
    """Return the number of symbols from each position to its document's end, at most ``order``."""
    room = np.full(size, order, np.uint8)
    ends = np.append(first[1:], size)
    for left in range(1, order):
        before = ends - left
        room[before[before >= first]] = left
    return room


def _rank_symbols(symbols: Array32) -> tuple[Array32, Array32]:
    present = np.flatnonzero(np.bincount(symbols)).astype(np.int32)
    rank = np.zeros(int(present[-1]) + 1, np.int32)
    rank[present] = np.arange(present.shape[0], dtype=np.int32)
    return present, rank[symbols]


FALLBACK = (0.5, 1.0, 1.5)
"""Discounts where the counts of counts cannot give any."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Smoothed:
    """Probabilities of one level's n-grams.

    Attributes:
        alphas: probability that each n-gram's last symbol keeps after its prefix, shape (n-grams,).
        gammas: weight that each n-gram of the level below leaves to shorter contexts, (prefixes,).
    """

    alphas: Floats
    gammas: Floats


def discounts(counts: NDArray[np.int32]) -> tuple[float, float, float]:
    """Return the discounts of counts 1, 2, and 3 or more, from the numbers of counts 1 to 4.

    When one of those numbers is zero, or gives a discount outside (0, count), as happens with
    small alphabets, FALLBACK is returned.
    """
    n1, n2, n3, n4 = (int(np.count_nonzero(counts == k)) for k in (1, 2, 3, 4))
    if 0 in (n1, n2, n3, n4):
        return FALLBACK
    y = n1 / (n1 + 2 * n2)
    estimates = (1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3)
    if not all(0 < value < k for k, value in enumerate(estimates, start=1)):
        return FALLBACK
    return estimates


def smooth(level: Level, kept: NDArray[np.bool_], num_prefixes: int) -> Smoothed:
    """Return the discounted probabilities of ``level``.

    Args:
        level: counted n-grams.
        kept: whether the model stores each of them; the share of the others goes to their prefix's
            gamma, so that probabilities still sum to one.
        num_prefixes: number of n-grams on the level below.
    """
    counts = level.continuations
    loss = np.asarray((0.0, *discounts(counts)))[np.minimum(counts, 3)]
    totals = np.bincount(level.parents, counts, num_prefixes)
    alphas = (counts - loss) / totals[level.parents]
    retained = np.bincount(level.parents[kept], alphas[kept], num_prefixes)
    return Smoothed(alphas.astype(np.float64), (1.0 - retained).astype(np.float64))


KATZ_LIMIT = 5
"""Counts above this are believed as they are (Katz's k)."""

MAX_BACKOFF = 4.0
"""Weight of backing off: above 1 where the symbols that were seen are likely ones anyway."""


def good_turing(counts: NDArray[np.int32]) -> Floats:
    """Return the kept shares of counts 0, 1, ... `KATZ_LIMIT`, (KATZ_LIMIT + 1,).

    Where the counts of counts give a share outside (0, 1), as happens with small alphabets and
    little text, all shares are those of the absolute discounts.
    """
    limit = KATZ_LIMIT
    n = np.asarray([np.count_nonzero(counts == k) for k in range(1, limit + 2)], np.float64)
    k = np.arange(1, limit + 1)
    if n.all():
        common = (limit + 1) * n[limit] / n[0]
        shares = ((k + 1) * n[1:] / (k * n[:-1]) - common) / (1 - common)
        if np.isfinite(shares).all() and (shares > 0).all() and (shares < 1).all():
            return np.concatenate([[0.0], shares])
    loss = np.asarray(discounts(counts))[np.minimum(k, 3) - 1]
    return np.concatenate([[0.0], (k - loss) / k])


def katz(
    level: Level, kept: NDArray[np.bool_], num_prefixes: int, lower: Floats | None
) -> Smoothed:
    """Return the discounted probabilities of ``level``, and the weights of backing off.

    Args:
        level: counted n-grams.
        kept: whether the model stores each of them.
        num_prefixes: number of n-grams on the level below.
        lower: probabilities of the n-grams of the level below after their prefixes; None for
            level 1, where gamma is simply what is left.

    Returns:
        Alphas, and gammas: what a symbol that never followed the prefix has of its probability
        after the shorter prefix.
    """
    counts = level.counts
    shares = good_turing(counts)
    kept_share = np.where(counts <= KATZ_LIMIT, shares[np.minimum(counts, KATZ_LIMIT)], 1.0)
    totals = np.bincount(level.parents, counts, num_prefixes)
    alphas = counts * kept_share / totals[level.parents]
    left = 1.0 - np.bincount(level.parents[kept], alphas[kept], num_prefixes)
    # A prefix whose symbols are all frequent loses nothing: it keeps one count for what is new.
    least = 1.0 / (totals + 1.0)
    scale = np.where(left < least, (1.0 - least) / np.maximum(1.0 - left, least), 1.0)
    alphas *= scale[level.parents]
    left = np.maximum(left, least)
    if lower is None:
        return Smoothed(alphas, left)
    known = level.parents[kept]
    rest = 1.0 - np.bincount(known, lower[level.suffixes[kept]], num_prefixes)
    # A table's frequencies are made to sum to one, so that a larger weight may become the largest.
    return Smoothed(alphas, np.minimum(left / np.maximum(rest, 1e-9), MAX_BACKOFF))
