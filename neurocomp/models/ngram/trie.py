"""The n-grams of a model as a trie, in breadth-first order.

Node 0 is the empty string; then come the nodes of depth 1, those of depth 2, and so on, each level
sorted by (parent, symbol).  So the children of a node are consecutive, and one array of starts
finds them: children of n are ``starts[n]`` to ``starts[n + 1]``.  Nodes of the last level have
none and no entry.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurocomp.errors import FormatError

MAX_NODES = (1 << 31) - 2

NodeSymbols = NDArray[Any]
"""Unsigned integers, shape (nodes,): the last symbol of each node; 0 for the root."""

Starts = NDArray[np.int32]
"""Shape (inner nodes + 1,), where inner nodes are all but those of the last level."""

LaneContexts = NDArray[np.int32]
"""Shape (lanes, order): the node of each lane's last k symbols in column k, or -1."""


def starts_of(child_counts: NDArray[Any], num_nodes: int, order: int) -> tuple[Starts, list[int]]:
    """Return the start of each inner node's children, and of each level.

    Args:
        child_counts: unsigned integers, shape (inner nodes,).
        num_nodes: number of all nodes.
        order: depth of the last level.

    Returns:
        The starts, and the first node of levels 0 to order + 1 (the last one is ``num_nodes``).

    Raises:
        FormatError: the counts don't describe a trie of that depth and size.
    """
    num_inner = child_counts.shape[0]
    # A sum of that many counts of at most 32 bits cannot leave 63 bits.
    ends = 1 + np.cumsum(child_counts, dtype=np.int64)
    starts = np.concatenate([np.ones(1, np.int64), ends])
    if num_inner > num_nodes or num_nodes > MAX_NODES or starts[-1] != num_nodes:
        raise FormatError("the trie of the n-gram model is damaged: its sizes disagree")
    levels = [0, 1]
    while len(levels) <= order + 1:
        last = levels[-1]
        levels.append(int(starts[last]) if last <= num_inner else num_nodes + 1)
    if levels[order] != num_inner or levels[order + 1] != num_nodes:
        raise FormatError("the trie of the n-gram model is damaged: its levels disagree")
    return starts.astype(np.int32), levels


def check_symbols(symbols: NodeSymbols, starts: Starts, alphabet_size: int) -> None:
    """Check that symbols are in the alphabet and ascend among siblings.

    Raises:
        FormatError: they don't.
    """
    if symbols.size and int(symbols.max()) >= alphabet_size:
        raise FormatError("the trie of the n-gram model has a symbol outside the alphabet")
    ascending = np.ones(symbols.shape[0] + 1, np.bool_)
    ascending[1:-1] = symbols[1:] > symbols[:-1]
    ascending[starts] = True  # first children follow another family
    if not ascending.all():
        raise FormatError("the trie of the n-gram model is damaged: its symbols are not sorted")


def empty_contexts(num_lanes: int, order: int) -> LaneContexts:
    """Return the contexts at the start of a block: the empty string and nothing longer."""
    contexts = np.full((num_lanes, order), -1, np.int32)
    contexts[:, 0] = 0
    return contexts
