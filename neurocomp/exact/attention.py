"""Causal attention over a cache of integer keys and values."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from neurocomp.errors import FormatError
from neurocomp.exact.scaling import KEY_LIMIT, MAX_SHIFT, MIN_SHIFT


@dataclass(frozen=True)
class Attention:
    """Heads of queries over heads of keys and values (A. Vaswani et al. 2017; groups of queries
    that share keys: J. Ainslie et al. 2023).

    A query is quantised by head to ``|q| <= query_limit``, so that its product with a key,
    ``|k| <= 32,767``, fits 32 bits in any order of summation.  The distance of a score to the
    row's largest, ``(difference * (m * multiplier) + half) >> (shift - e)``, is a logarithm to
    base 2 in units of 2**-10, looked up in a table of powers of 2.  Weights are rounded to
    integers that sum to about 32,767; their sum with values ``|v| <= 32,767`` fits 32 bits.

    Attributes:
        num_heads: of queries.
        num_key_heads: of keys and values; divides ``num_heads``.
        head_width: columns of a head, 1 to 1024.
        multiplier: 1 to 2**15: scale of the scores.
        shift: 28 to 62.
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
        """Bound of a quantised query: head_width * query_limit * 32,767 < 2**31."""
        return ((1 << 31) - 1) // (self.head_width * KEY_LIMIT)

    @property
    def query_width(self) -> int:
        """Columns of the queries."""
        return self.num_heads * self.head_width

    @property
    def key_width(self) -> int:
        """Columns of the keys, and of the values."""
        return self.num_key_heads * self.head_width
