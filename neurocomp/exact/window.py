"""Causal attention over a sliding window, with keys and values of 8 bits."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from neurocomp.errors import FormatError
from neurocomp.exact.scaling import (
    BYTE_LIMIT,
    MAX_SHIFT,
    MAX_WINDOW,
    MIN_SHIFT,
    SCORE_LIMIT,
    WIDE_LIMIT,
)


@dataclass(frozen=True)
class WindowAttention:
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
    by theirs; for the sinks, queries are rotated anew, as if the window were all there is.  Sums do
    not depend on the order in which positions are kept.

    Attributes:
        num_heads: of queries.
        num_key_heads: of keys and values; divides ``num_heads``.
        head_width: columns of a head, 1 to 1024.
        multiplier: 1 to 2**15: scale of the scores.
        shift: 20 to 62.
    """

    num_heads: int
    num_key_heads: int
    head_width: int
    multiplier: int
    shift: int

    def __post_init__(self) -> None:
        """Check the ranges that exactness rests on; raises FormatError where one is broken."""
        if not 1 <= self.num_key_heads <= self.num_heads <= 1024:
            raise FormatError("the numbers of attention heads are out of range")
        if self.num_heads % self.num_key_heads or not 1 <= self.head_width <= 1024:
            raise FormatError("the shape of an attention layer is out of range")
        if not 1 <= self.multiplier <= 1 << 15 or not MIN_SHIFT <= self.shift <= MAX_SHIFT:
            raise FormatError("the scale of an attention layer is out of range")

    @cached_property
    def query_limit(self) -> int:
        """Bound of a quantised query: head_width * query_limit * 127 < 2**28."""
        return min((SCORE_LIMIT - 1) // (self.head_width * BYTE_LIMIT), WIDE_LIMIT)

    @property
    def query_width(self) -> int:
        """Columns of the queries."""
        return self.num_heads * self.head_width


@dataclass(frozen=True)
class Window:
    """What a position sees, and where its cache keeps it.

    Position t sees the first ``num_sinks`` positions and those after ``t - length + num_sinks``,
    up to its own: ``length`` at most.  A position p < num_sinks is kept in slot p, another one in
    slot ``num_sinks + (p - num_sinks) % (num_slots - num_sinks)``.

    Attributes:
        length: 2 to 32,767.
        num_sinks: below ``length``.
        num_slots: of the cache; ``length`` and one less than the steps that are read at once.
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
