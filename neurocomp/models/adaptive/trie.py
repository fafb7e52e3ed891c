"""The context trie of the adaptive model: counts of what followed each recent context.

A node stands for a string of up to ORDER + 1 bytes and is a row of four int32: its last byte with
its count, its first child, its next sibling, and as a context the sum of its children's counts
with their number.  Rows are handed out in order; row 0 is the empty context.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

ORDER = 5
"""Longest context, in bytes."""

UNIT = 16
"""What one occurrence adds to a count."""

SHADOWED_UNIT = 1
"""What it adds in contexts shorter than the longest one that already knew the byte."""

COUNT_LIMIT = 2500
"""A count above this halves all counts of its context."""

# Columns of a node.
ENTRY, CHILD, SIBLING, SUMMARY = 0, 1, 2, 3
ENTRY_BITS = 8  # ENTRY = count << 8 | byte
SUMMARY_BITS = 9  # SUMMARY = sum of the children's counts << 9 | number of children

Nodes = NDArray[np.int32]
"""Shape (capacity, 4)."""


@njit(cache=True, nogil=True)
def clear(nodes: Nodes) -> None:
    """Make row 0 an empty root."""
    nodes[0, ENTRY] = 0
    nodes[0, CHILD] = -1
    nodes[0, SIBLING] = -1
    nodes[0, SUMMARY] = 0


@njit(cache=True, nogil=True)
def find_child(nodes: Nodes, context: int, symbol: int) -> int:
    """Return the child of ``context`` for ``symbol``, moved to the front, or -1."""
    previous = -1
    child: int = nodes[context, CHILD]
    while child >= 0 and (nodes[child, ENTRY] & 255) != symbol:
        previous = child
        child = nodes[child, SIBLING]
    if child >= 0 and previous >= 0:
        nodes[previous, SIBLING] = nodes[child, SIBLING]
        nodes[child, SIBLING] = nodes[context, CHILD]
        nodes[context, CHILD] = child
    return child


@njit(cache=True, nogil=True)
def add_child(nodes: Nodes, context: int, symbol: int, row: int) -> None:
    """Make ``row`` the first child of ``context``, with a count of 0."""
    nodes[row, ENTRY] = symbol
    nodes[row, CHILD] = -1
    nodes[row, SIBLING] = nodes[context, CHILD]
    nodes[row, SUMMARY] = 0
    nodes[context, CHILD] = row
    nodes[context, SUMMARY] += 1


@njit(cache=True, nogil=True)
def count(nodes: Nodes, context: int, child: int, amount: int) -> None:
    """Add ``amount`` to ``child``'s count, and halve its family when that gets too large."""
    nodes[child, ENTRY] += amount << ENTRY_BITS
    nodes[context, SUMMARY] += amount << SUMMARY_BITS
    if nodes[child, ENTRY] >> ENTRY_BITS <= COUNT_LIMIT:
        return
    total = 0
    number = 0
    child = nodes[context, CHILD]
    while child >= 0:
        entry = nodes[child, ENTRY]
        halved = max(((entry >> ENTRY_BITS) + 1) >> 1, UNIT)
        nodes[child, ENTRY] = halved << ENTRY_BITS | entry & 255
        total += halved
        number += 1
        child = nodes[child, SIBLING]
    nodes[context, SUMMARY] = total << SUMMARY_BITS | number
