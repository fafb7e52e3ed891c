"""Huffman code lengths of one frequency table, in time linear in the alphabet.

The leaves are sorted by (frequency, symbol) with a radix sort; two queues, the leaves and the
inner nodes made so far, then both stay sorted, so that each merge takes the two smallest fronts
(D. A. Huffman 1952; J. van Leeuwen 1976).  A leaf goes before an inner node of the same weight,
which keeps the tree as flat as an optimal one can be.  Only the parents of the inner nodes are
kept: the number of leaves at each depth follows from the number of inner nodes at the one above
(A. Moffat, J. Katajainen 1995), and rarer symbols never have shorter codes.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from neurocomp.exact import TOTAL_BITS

MAX_CODE_LENGTH_BITS = 34
"""A tree of depth d needs a total of the Fibonacci number F(d + 2); F(37) exceeds 2**24."""

Lengths = NDArray[np.uint8]
"""Code lengths in bits, shape (V,)."""

LengthCounts = NDArray[np.int64]
"""How many symbols have a code of each length, shape (MAX_CODE_LENGTH_BITS + 1,)."""

Scratch = NDArray[np.uint64]
"""Room to work in, shape (3, V + 1).  Numba checks unsigned indices for less."""

_SMALL_ALPHABET = 4096
_SYMBOL_BITS = np.uint64(20)
_SYMBOL_MASK = np.uint64((1 << 20) - 1)
_ONE = np.uint64(1)
_NO_NODE = np.uint64(1 << 63)
"""Weight of an inner node that isn't there: never the smaller one."""


def scratch_space(size: int) -> Scratch:
    """Return what ``code_lengths`` needs to work in for an alphabet of ``size``."""
    return np.empty((3, size + 1), np.uint64)


@njit(cache=True, nogil=True)
def code_lengths(frequencies: NDArray[np.int32], scratch: Scratch, out: Lengths) -> LengthCounts:
    """Write the code length of every symbol of ``frequencies`` (V,) to ``out`` (V,).

    An alphabet of one has length 0.  The caller guarantees frequencies of at least 1 that sum to
    TOTAL, V <= MAX_ALPHABET_SIZE, and ``scratch`` from ``scratch_space(V)``.

    Returns:
        How many symbols have each length.
    """
    size = frequencies.shape[0]
    leaves = scratch[0, : size + 1]
    depths = scratch[1]
    parents = scratch[2]
    _sort(frequencies, leaves, scratch[1])
    _merge(leaves, scratch[1], parents)
    num_inner = np.zeros(MAX_CODE_LENGTH_BITS + 1, np.int64)
    if size > 1:
        # The inner nodes are 0 .. V - 2; parents[i] > i, and the last is the root.
        depths[size - 2] = 0
        num_inner[0] = 1
    for i in range(size - 3, -1, -1):
        depth = depths[parents[i]] + _ONE
        depths[i] = depth
        num_inner[depth] += 1
    num_leaves = np.zeros(MAX_CODE_LENGTH_BITS + 1, np.int64)
    position = size
    num_nodes = np.int64(1)
    for length in range(MAX_CODE_LENGTH_BITS + 1):
        num_leaves[length] = num_nodes - num_inner[length]
        for _ in range(num_leaves[length]):
            position -= 1
            out[leaves[position] & _SYMBOL_MASK] = length
        num_nodes = 2 * num_inner[length]
    return num_leaves


@njit(cache=True, nogil=True)
def _sort(frequencies: NDArray[np.int32], out: Scratch, spare: Scratch) -> None:
    """Write the leaves to ``out``, frequency above symbol, in ascending order.

    A stable radix sort by frequency, least significant digit first; digits are wide where the
    alphabet pays for their counters, and the number of passes is even.
    """
    size = frequencies.shape[0]
    # A frequency of TOTAL itself takes one bit more, but is alone then.
    digit_bits = TOTAL_BITS // 4 if size < _SMALL_ALPHABET else TOTAL_BITS // 2
    num_digits = 1 << digit_bits
    mask = np.uint64(num_digits - 1)
    starts = np.empty(num_digits, np.uint64)
    for i in range(size):
        out[i] = np.uint64(frequencies[i]) << _SYMBOL_BITS | np.uint64(i)
    for low in range(0, TOTAL_BITS, digit_bits):
        shift = _SYMBOL_BITS + np.uint64(low)
        starts[:] = 0
        for i in range(size):
            starts[(out[i] >> shift) & mask] += _ONE
        start = np.uint64(0)
        for k in range(num_digits):
            count = starts[k]
            starts[k] = start
            start += count
        for i in range(size):
            leaf = out[i]
            digit = (leaf >> shift) & mask
            spare[starts[digit]] = leaf
            starts[digit] += _ONE
        out, spare = spare, out


@njit(cache=True, nogil=True)
def _merge(leaves: Scratch, weights: Scratch, parents: Scratch) -> None:
    """Write the ``parents`` of the V - 1 inner nodes over the V sorted ``leaves`` (V + 1,).

    Inner nodes are numbered in the order made, and ``weights`` takes their weights.
    """
    size = leaves.shape[0] - 1
    # After the last leaf: heavier than any node, lighter than none.
    leaves[size] = _NO_NODE >> _ONE
    leaf = np.uint64(0)
    node = np.uint64(0)
    leaf_weight = leaves[leaf] >> _SYMBOL_BITS
    for i in range(size - 1):
        made = np.uint64(i)
        weight = np.uint64(0)
        for _ in range(2):
            node_weight = weights[node] if node < made else _NO_NODE
            if leaf_weight <= node_weight:
                weight += leaf_weight
                leaf += _ONE
                leaf_weight = leaves[leaf] >> _SYMBOL_BITS
            else:
                weight += node_weight
                parents[node] = made
                node += _ONE
        weights[made] = weight
