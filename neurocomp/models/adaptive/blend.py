"""How the adaptive model blends its contexts, and how it learns.

From the longest context down, a context keeps a share of the probability that is left for what it
has seen, in proportion to the discounted counts, and *escapes* with the rest to the next shorter
one; the empty context escapes to the uniform distribution (the interpolation of Pitman-Yor and
Kneser-Ney models).  The share that escapes is not computed from the counts but learnt for each
kind of context, as in PPM with secondary escape estimation (C. Bloom, "Solving the problems of
context modeling", 1998); it follows the posterior probability that the symbol came from below,
which is online expectation maximisation.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from neurocomp.exact import Frequencies, Symbols, Weights
from neurocomp.exact.rows import quantise_row
from neurocomp.models.adaptive.trie import (
    CHILD,
    ENTRY,
    ENTRY_BITS,
    ORDER,
    SHADOWED_UNIT,
    SIBLING,
    SUMMARY,
    SUMMARY_BITS,
    UNIT,
    Nodes,
    add_child,
    count,
    find_child,
)

DISCOUNT = 10
"""Taken off every count; less than UNIT, so that what was seen keeps a positive share."""

RATE = 40
"""An escape share moves this part (1/RATE) of the way to each posterior."""

ESCAPE_BITS = 16
MIN_ESCAPE = 1 << 8
MAX_ESCAPE = (1 << ESCAPE_BITS) - MIN_ESCAPE

NUM_KINDS = (ORDER + 1) * 8 * 8 * 4
"""Kinds of context: order, number of children, average count, the last two outcomes."""

# Columns of a lane's state: its contexts by order (-1: the block is too young), then its outcomes.
OUTCOMES = ORDER + 1
LANE_COLUMNS = ORDER + 2

MASS_BITS = 30

LaneStates = NDArray[np.int32]
"""Shape (lanes, LANE_COLUMNS)."""

Escapes = NDArray[np.int64]
"""Shape (NUM_KINDS,), in units of 2**-16."""


@njit(cache=True, nogil=True)
def initial_escapes() -> Escapes:
    """Return the escape shares at the start of a block: less where counts are higher."""
    escapes = np.empty(NUM_KINDS, np.int64)
    for kind in range(NUM_KINDS):
        escapes[kind] = 36000 >> ((kind >> 2 & 7) >> 1)
    return escapes


@njit(cache=True, nogil=True)
def _level(value: int, steps: tuple[int, ...]) -> int:
    """Return how many of the ascending ``steps`` are below ``value``."""
    level = 0
    while level < len(steps) and value > steps[level]:
        level += 1
    return level


@njit(cache=True, nogil=True)
def _kind(order: int, total: int, number: int, outcomes: int) -> int:
    family = _level(number, (1, 2, 3, 5, 9, 19, 39))
    if number == 1:
        confidence = _level(total // UNIT, (1, 2, 3, 5, 8, 14, 30))
    else:
        confidence = _level(total * 4 // (number * UNIT), (4, 5, 7, 10, 15, 28, 60))
    return (order * 8 + family) * 32 + confidence * 4 + outcomes


@njit(cache=True, nogil=True)
def predict(
    nodes: Nodes, lanes: LaneStates, escapes: Escapes, weights: Weights, out: Frequencies
) -> None:
    """Write the tables of all lanes to ``out`` (lanes, 256); ``weights`` (256,) is scratch."""
    for lane in range(lanes.shape[0]):
        weights[:] = 1
        mass = np.int64(1) << MASS_BITS
        for order in range(ORDER, -1, -1):
            context = lanes[lane, order]
            if context < 0 or nodes[context, CHILD] < 0:
                continue
            number = nodes[context, SUMMARY] & 511
            total = nodes[context, SUMMARY] >> SUMMARY_BITS
            escape = escapes[_kind(order, total, number, lanes[lane, OUTCOMES])]
            kept = mass * ((1 << ESCAPE_BITS) - escape) >> ESCAPE_BITS
            mass -= kept
            # Seven more bits, so that small shares survive the division: sums stay below 2**37.
            scale = (kept << 7) // (total - DISCOUNT * number)
            child = nodes[context, CHILD]
            while child >= 0:
                entry = nodes[child, ENTRY]
                weights[entry & 255] += scale * ((entry >> ENTRY_BITS) - DISCOUNT)
                child = nodes[child, SIBLING]
        uniform = mass >> 1
        for symbol in range(256):
            weights[symbol] += uniform
        quantise_row(weights, out[lane])


@njit(cache=True, nogil=True)
def _learn_escapes(
    nodes: Nodes, state: NDArray[np.int32], children: NDArray[np.int32], escapes: Escapes
) -> None:
    below = np.int64(1) << (MASS_BITS - 8)  # the symbol's probability from shorter contexts
    for order in range(ORDER + 1):
        context = state[order]
        if context < 0 or nodes[context, CHILD] < 0:
            continue
        number = nodes[context, SUMMARY] & 511
        total = nodes[context, SUMMARY] >> SUMMARY_BITS
        kind = _kind(order, total, number, state[OUTCOMES])
        here = np.int64(0)
        if children[order] >= 0:
            discounted = np.int64(nodes[children[order], ENTRY] >> ENTRY_BITS) - DISCOUNT
            here = (discounted << MASS_BITS) // (total - DISCOUNT * number)
        escape = escapes[kind]
        from_below = below * escape >> ESCAPE_BITS
        both = from_below + (here * ((1 << ESCAPE_BITS) - escape) >> ESCAPE_BITS) + 1
        posterior = (from_below << ESCAPE_BITS) // both
        escape += (posterior - escape) // RATE
        escapes[kind] = min(max(escape, MIN_ESCAPE), MAX_ESCAPE)
        below = both


@njit(cache=True, nogil=True)
def learn(nodes: Nodes, used: int, lanes: LaneStates, escapes: Escapes, symbols: Symbols) -> int:
    """Add ``symbols`` (lanes,) to the trie and return the number of rows in use afterwards.

    Takes at most ORDER + 1 rows a lane from row ``used`` on; the caller has made sure of them.
    Lanes are taken in order, and each sees what the ones before it have changed.
    """
    children = np.empty(ORDER + 1, np.int32)
    for lane in range(lanes.shape[0]):
        state = lanes[lane]
        symbol = symbols[lane]
        longest = -1  # order of the longest context that has seen something
        found = -1  # order of the longest context that has seen this symbol
        for order in range(ORDER, -1, -1):
            children[order] = -1
            context = state[order]
            if context < 0 or nodes[context, CHILD] < 0:
                continue
            longest = max(longest, order)
            children[order] = find_child(nodes, context, symbol)
            if children[order] >= 0:
                found = max(found, order)
        _learn_escapes(nodes, state, children, escapes)
        for order in range(ORDER + 1):
            context = state[order]
            if context < 0:
                continue
            if children[order] < 0:
                add_child(nodes, context, symbol, used)
                children[order] = used
                used += 1
            count(nodes, context, children[order], SHADOWED_UNIT if order < found else UNIT)
        for order in range(ORDER, 0, -1):
            state[order] = children[order - 1]
        success = 1 if found == longest else 0
        state[OUTCOMES] = (state[OUTCOMES] << 1 | success) & 3
    return used
