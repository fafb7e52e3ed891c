"""The cost of the same symbols under another model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neurocomp.codec.trace import Bits
from neurocomp.explain.explanation import Explanation


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two explanations of one content.

    Attributes:
        one: the explanation whose symbols are shown.
        other: the one that it is compared with.
        bits: cost under the other model of each symbol of ``one``, (n,); None where the symbols of
            the two have nothing in common.
    """

    one: Explanation
    other: Explanation
    bits: Bits | None

    @property
    def difference(self) -> Bits | None:
        """Bits that ``one`` saves on each of its symbols against the other model, (n,)."""
        return None if self.bits is None else self.bits - self.one.entries.bits


def compare(one: Explanation, other: Explanation) -> Comparison:
    """Compare two explanations of the same content.

    Where their symbols differ, a symbol's cost is spread evenly over its bytes.
    """
    if one.has_offsets and other.has_offsets:
        return Comparison(one, other, _by_bytes(one, other))
    ours, theirs = one.entries.ids, other.entries.ids
    is_same = np.array_equal(ours, theirs) and one.kind_names == other.kind_names
    return Comparison(one, other, other.entries.bits if is_same else None)


def _by_bytes(one: Explanation, other: Explanation) -> Bits:
    sums = np.concatenate([[0.0], np.cumsum(bits_of_bytes(other))])
    first = one.entries.offsets
    bits: Bits = sums[first + one.entries.sizes] - sums[first]
    return bits


def bits_of_bytes(explanation: Explanation, bits: Bits | None = None) -> Bits:
    """Return the cost of each byte of the content, (n,): a symbol's, spread evenly over its bytes.

    Args:
        explanation: an explanation whose symbols are pieces of the content; bytes without a symbol
            cost 0.
        bits: costs to spread over the bytes, (n,), instead of those of the entries.
    """
    entries = explanation.entries
    spent = entries.bits if bits is None else bits
    costs = np.zeros(len(explanation.content))
    sizes = entries.sizes
    if int(sizes.sum()):
        starts = np.repeat(entries.offsets, sizes)
        within = np.arange(starts.size) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        costs[starts + within] = np.repeat(spent / np.maximum(sizes, 1), sizes)
    return costs
