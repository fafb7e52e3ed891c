"""Which row of a table the embedding of an n-gram is in.

The hash of n bytes is that of the n - 1 latest of them, plus the oldest byte, plus 1, times a
factor (D. Knuth, The Art of Computer Programming 3, 6.4), modulo 2**32; its first bits are the row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from neurocomp.errors import UsageError

HASH_BITS = 32
HASH_MASK = (1 << HASH_BITS) - 1
HASH_FACTOR = 0x9E3779B1
MAX_TABLE_BITS = 22

HASH_GAIN = 4.0
"""Factor of the embeddings, which the optimizer so moves faster: most are seen rarely."""


@dataclass(frozen=True)
class HashedTable:
    """Embeddings of the n-grams of one length.

    Attributes:
        length: n.
        bits: binary logarithm of the number of rows.
    """

    length: int
    bits: int

    @property
    def num_rows(self) -> int:
        """Rows, for as many hashes."""
        return 1 << self.bits


def hashed_tables(bits: Mapping[str, int], context: int) -> tuple[HashedTable, ...]:
    """Return the tables that ``bits``, by the n-grams' lengths, describes, in their order.

    Raises:
        UsageError: a length or a number of bits is out of range.
    """
    tables = []
    for name, number in bits.items():
        if not (name.isdecimal() and 1 < int(name) <= context and 0 < number <= MAX_TABLE_BITS):
            raise UsageError(
                f"hashed.{name} is {number}, but must be 1 to {MAX_TABLE_BITS} bits for n-grams of "
                f"2 to {context} bytes"
            )
        tables.append(HashedTable(int(name), number))
    return tuple(sorted(tables, key=lambda table: table.length))


def find_rows(windows: Any, tables: Sequence[HashedTable]) -> list[Any]:
    """Return the rows of embeddings for the n-grams at the end of windows.

    Args:
        windows: symbols, the latest last, int64 (..., n), an array of numpy or a tensor of torch.
        tables: the tables of n-grams, one after the other, by the length of the n-grams.

    Returns:
        The row of each window, (...), for each of ``tables``.
    """
    rows: list[Any] = []
    value, length, first = 0 * windows[..., 0], 0, 0
    for table in tables:
        while length < table.length:
            length += 1
            value = _hash(value + windows[..., -length] + 1)
        rows.append(first + (value >> HASH_BITS - table.bits))
        first += table.num_rows
    return rows


def _hash(value: Any) -> Any:
    """Return ``value`` times the factor modulo 2**32, in halves: no product leaves 63 bits."""
    low, high = value & 0xFFFF, value >> 16
    return low * HASH_FACTOR + ((high * HASH_FACTOR & 0xFFFF) << 16) & HASH_MASK
