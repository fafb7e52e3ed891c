"""Causal attention over a sliding window, with keys and values of 8 bits."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from neurocomp.exact.attention import Heads
from neurocomp.exact.scaling import (
    BYTE_LIMIT,
    MAX_WINDOW,
    SCORE_LIMIT,
    WIDE_LIMIT,
)


@dataclass(frozen=True)
class WindowAttention(Heads):
    """Heads of queries over heads of keys and values that are kept as bytes.

    A key, as a fixed-point vector of a head clamped to 32,767, is kept as bytes k and a scale
    c <= 2**15, of which it is ``k * c / 127``; so is a value.  A query is quantised by head to
    ``|q| <= query_limit``.  A score is ``(sum(q * k) * c + half) >> 12``: the sum is below 2**28,
    so that it fits 32 bits.  The distance of a score to the row's largest becomes a weight w of at
    most 2**22 as in ``attention.Attention``.  Products w * c with the scales of the values are
    shifted right, rounded, until the largest is below 2**15 and their sum below 2**24, so that
    sums of values times these fit 32 bits; ``2**n * (32,767 << 44) // (127 * sum(w)) >> 44``
    brings them to the unit of a value divided by 32,767.

    The first positions of a lane, the *sinks*, stay in sight (G. Xiao et al., Efficient streaming
    language models with attention sinks, 2023).  Keys are rotated by their own positions, queries
    by theirs; for the sinks, queries are rotated again, as if the window were all there is.  Sums
    do not depend on the order in which positions are kept.
    """

    @cached_property
    def query_limit(self) -> int:
        """Bound of a quantised query: head_width * query_limit * 127 < 2**28."""
        return min((SCORE_LIMIT - 1) // (self.head_width * BYTE_LIMIT), WIDE_LIMIT)


@dataclass(frozen=True)
class Window:
    """The positions that a position sees, and their places in the cache.

    Position t sees the first ``num_sinks`` positions and those after ``t - length + num_sinks``,
    up to its own: ``length`` at most.  A position p < num_sinks is kept in slot p, another one in
    slot ``num_sinks + (p - num_sinks) % (num_slots - num_sinks)``.

    Attributes:
        length: 2 to 32,767.
        num_sinks: below ``length``.
        num_slots: number of slots of the cache; ``length`` and one less than the steps that are
            read at once.
    """

    length: int
    num_sinks: int
    num_slots: int

    def __post_init__(self) -> None:
        """Check the ranges; raises ValueError where one is broken."""
        if not 0 <= self.num_sinks < self.length <= MAX_WINDOW or self.num_slots < self.length:
            raise ValueError(f"a window of {self.length} positions is out of range")

    @property
    def max_steps(self) -> int:
        """Steps that may be read at once."""
        return self.num_slots - self.length + 1
