"""Causal attention over a cache of integer keys and values."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from neurocomp.errors import FormatError
from neurocomp.exact.scaling import KEY_LIMIT, MAX_SHIFT, MIN_SHIFT


@dataclass(frozen=True)
class Heads:
    """Heads of queries over heads of keys and values, as each kind of attention has them.

    Attributes:
        num_heads: number of heads of queries.
        num_key_heads: number of heads of keys and values; divides ``num_heads``.
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

    @property
    def query_width(self) -> int:
        """Columns of the queries."""
        return self.num_heads * self.head_width

    @property
    def key_width(self) -> int:
        """Columns of the keys, and of the values."""
        return self.num_key_heads * self.head_width


@dataclass(frozen=True)
class Attention(Heads):
    """Heads of queries over heads of keys and values (A. Vaswani et al. 2017; groups of queries
    that share keys: J. Ainslie et al. 2023).

    A query is quantised by head to ``|q| <= query_limit``, so that its product with a key,
    ``|k| <= 32,767``, fits 32 bits in any order of summation.  The distance of a score to the
    row's largest, ``(difference * (m * multiplier) + half) >> (shift - e)``, is a logarithm to
    base 2 in units of 2**-10, looked up in a table of powers of 2.  Weights are rounded to
    integers that sum to about 32,767; their sum with values ``|v| <= 32,767`` fits 32 bits.
    """

    @cached_property
    def query_limit(self) -> int:
        """Bound of a quantised query: head_width * query_limit * 32,767 < 2**31."""
        return ((1 << 31) - 1) // (self.head_width * KEY_LIMIT)


@dataclass(frozen=True, eq=False)
class Sight:
    """Which positions each position of a sequence sees: sparse causal attention.

    Position t sees ``positions[bounds[t] : bounds[t + 1]]``, which rise up to t itself (R. Child et
    al., Generating long sequences with sparse transformers, 2019).

    Attributes:
        bounds: int32, (T + 1,).
        positions: int32, (``bounds[-1]``,).
    """

    bounds: NDArray[np.int32]
    positions: NDArray[np.int32]

    @classmethod
    def from_mask(cls, mask: NDArray[np.bool_]) -> Sight:
        """Return the sight of a mask (T, T), true where a row's position sees a column's.

        Raises:
            FormatError: a position doesn't see itself, or sees later ones.
        """
        if not mask.diagonal().all() or np.triu(mask, 1).any():
            raise FormatError("a position must see itself and none after it")
        bounds = np.concatenate([[0], np.cumsum(mask.sum(1))]).astype(np.int32)
        return cls(bounds, np.nonzero(mask)[1].astype(np.int32))

    @property
    def mask(self) -> NDArray[np.bool_]:
        """The mask, (T, T)."""
        size = self.bounds.size - 1
        mask = np.zeros((size, size), np.bool_)
        mask[np.repeat(np.arange(size), np.diff(self.bounds)), self.positions] = True
        return mask
