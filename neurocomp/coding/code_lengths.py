"""Huffman code lengths of one frequency table, for tests and benchmarks: coders have their own.

The leaves are sorted by (frequency, symbol), and a leaf is merged before an inner node of the
same weight, which keeps the tree as flat as an optimal one can be; rarer symbols never have
shorter codes.
The method is that of ``core/src/coding/code_lengths.hpp``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neurocomp import _core
from neurocomp.exact import Frequencies

MAX_CODE_LENGTH_BITS = 34
"""A tree of depth d needs a total of the Fibonacci number F(d + 2); F(37) exceeds 2**24."""

Lengths = NDArray[np.uint8]
"""Code lengths in bits, shape (V,)."""

LengthCounts = NDArray[np.int64]
"""How many symbols have a code of each length, shape (MAX_CODE_LENGTH_BITS + 1,)."""


class HuffmanCode:
    """The canonical code of one frequency table.

    Codes rise in order of (length, symbol), each the one before plus one, shifted where the length
    grows (E. S. Schwartz, B. Kallick 1964).  An alphabet of one has length 0.

    Args:
        frequencies: int32, (V,), at least 1 each and TOTAL in all.

    Attributes:
        lengths: of the codes.
        counts: of the lengths.

    Raises:
        ValueError: ``frequencies`` are no such table.
    """

    def __init__(self, frequencies: Frequencies) -> None:
        self._code = _core.coding.CodeLengths()
        self.lengths: Lengths = np.empty(frequencies.size, np.uint8)
        self.counts: LengthCounts = np.empty(MAX_CODE_LENGTH_BITS + 1, np.int64)
        self._code.build(frequencies, self.lengths, self.counts)

    def code(self, symbol: int) -> int:
        """Return the code of ``symbol``, a number of ``lengths[symbol]`` bits."""
        return self._code.code(symbol)
