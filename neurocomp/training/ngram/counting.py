"""Counting the n-grams of a text, order by order, in linear time.

Positions are kept sorted by the k-gram that begins there.  To sort them by (k + 1)-grams, they are
taken in the order of the symbol at i + k, which is the order of single symbols shifted by k, and
each is appended to the group of its k-gram: one pass of a radix sort.  A k-gram is then known by
its rank among all k-grams, so the alphabet's size doesn't matter.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array32 = NDArray[np.int32]


@dataclass(frozen=True)
class Level:
    """All different n-grams of one length, sorted.

    Attributes:
        parents: rank of each one's prefix on the level below; 0 on level 1.
        symbols: its last symbol.
        counts: how often it occurs.
        continuations: how many different symbols precede it, where a beginning of a document
            counts as one more symbol; at the highest order the counts themselves.
    """

    parents: Array32
    symbols: Array32
    counts: Array32
    continuations: Array32


def count_ngrams(symbols: Array32, first: NDArray[np.int64], order: int) -> list[Level]:
    """Return the n-grams of lengths 1 to ``order`` that don't cross a document's end.

    Args:
        symbols: all documents, one after the other; shape (N,), 1 <= N < 2**31, none negative.
        first: where each (non-empty) document begins, ascending from 0.
        order: length of the longest n-grams.
    """
    room = _room(symbols.shape[0], first, order)
    values, ranks = _rank_symbols(symbols)
    counts = np.bincount(ranks, minlength=values.shape[0]).astype(np.int32)
    by_symbol = _sort(ranks, counts)
    parents = np.zeros(values.shape[0], np.int32)
    levels = []
    for length in range(1, order):
        grouped, ends = _group(by_symbol, ranks, counts, room, length)
        next_ranks, next_parents, next_symbols, next_counts, examples = _split(
            grouped, ends, counts, symbols, length
        )
        continuations = np.bincount(ranks[examples + 1], minlength=counts.shape[0])
        opening = np.unique(ranks[first[room[first] >= length]])
        continuations[opening] += 1
        levels.append(Level(parents, values, counts, continuations.astype(np.int32)))
        ranks, parents, values, counts = next_ranks, next_parents, next_symbols, next_counts
    levels.append(Level(parents, values, counts, counts))
    return levels


def _room(size: int, first: NDArray[np.int64], order: int) -> NDArray[np.uint8]:
    """Return how many symbols each position has to its document's end, at most ``order``."""
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


@njit(cache=True, nogil=True)
def _sort(ranks: Array32, counts: Array32) -> Array32:
    """Return the positions, stably sorted by ``ranks``."""
    ends = np.cumsum(counts).astype(np.int32) - counts
    positions = np.empty(ranks.shape[0], np.int32)
    for position in range(ranks.shape[0]):
        positions[ends[ranks[position]]] = position
        ends[ranks[position]] += 1
    return positions


@njit(cache=True, nogil=True)
def _group(
    by_symbol: Array32, ranks: Array32, counts: Array32, room: NDArray[np.uint8], length: int
) -> tuple[Array32, Array32]:
    """Sort positions by (rank, symbol at position + length).

    Returns the positions, with each rank's group at its old place, and where each group ends:
    positions whose document ends before the symbol are left out.
    """
    ends = np.cumsum(counts).astype(np.int32) - counts
    grouped = np.empty(ranks.shape[0], np.int32)
    for j in range(by_symbol.shape[0]):
        position = by_symbol[j] - length
        if position >= 0 and room[position] > length:
            grouped[ends[ranks[position]]] = position
            ends[ranks[position]] += 1
    return grouped, ends


@njit(cache=True, nogil=True)
def _split(
    grouped: Array32, ends: Array32, counts: Array32, symbols: Array32, length: int
) -> tuple[Array32, Array32, Array32, Array32, Array32]:
    """Rank the (length + 1)-grams.

    Returns the rank at each position (-1 where there is none), and of each one its parent, last
    symbol, count, and one position where it begins.
    """
    num_kinds = 0
    start = 0
    for parent in range(counts.shape[0]):
        for j in range(start, ends[parent]):
            symbol = symbols[grouped[j] + length]
            if j == start or symbol != symbols[grouped[j - 1] + length]:
                num_kinds += 1
        start += counts[parent]
    ranks = np.full(symbols.shape[0], -1, np.int32)
    parents = np.empty(num_kinds, np.int32)
    lasts = np.empty(num_kinds, np.int32)
    kind_counts = np.zeros(num_kinds, np.int32)
    examples = np.empty(num_kinds, np.int32)
    kind = -1
    start = 0
    for parent in range(counts.shape[0]):
        previous = -1
        for j in range(start, ends[parent]):
            position = grouped[j]
            symbol = symbols[position + length]
            if symbol != previous:
                kind += 1
                parents[kind] = parent
                lasts[kind] = symbol
                examples[kind] = position
                previous = symbol
            kind_counts[kind] += 1
            ranks[position] = kind
        start += counts[parent]
    return ranks, parents, lasts, kind_counts, examples
