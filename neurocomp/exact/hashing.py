"""Which row of a table the embedding of an n-gram is in.

The hash of n bytes is that of the n - 1 latest of them, plus the oldest byte, plus 1, times a
factor (D. Knuth, The Art of Computer Programming 3, 6.4), modulo 2**32; its first bits are the row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from neurocomp.errors import UsageError

HASH_BITS = 32
HASH_MASK = (1 << HASH_BITS) - 1
HASH_FACTOR = 0x9E3779B1
MAX_TABLE_BITS = 22


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
