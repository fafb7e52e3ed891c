"""Entropy coders of symbols: what the functions of ``core/src/coding`` take.

Arrays are contiguous, and none is converted.  All raise ValueError for shapes that don't fit
together, symbols outside the alphabet and rows that are not frequency tables.
"""

from numpy import float32, int32, int64, uint8, uint64
from numpy.typing import NDArray

def follow(
    registers: NDArray[uint64], symbols: NDArray[int32], frequencies: NDArray[int32]
) -> None:
    """Advance a range coder's registers (3,) by symbols (lanes,); see ``coding.arithmetic``."""

def to_weights(frequencies: NDArray[int32], out: NDArray[float32]) -> None:
    """Write frequencies (lanes, V), each less 1, to ``out``, for constriction."""

class HuffmanEncoder:
    """A payload that grows."""

    def encode(self, symbols: NDArray[int32], frequencies: NDArray[int32]) -> None:
        """Append symbols (lanes,) under the rows of frequencies (lanes, V)."""

    def payload(self) -> bytes:
        """Return what has been written."""

class HuffmanDecoder:
    """A place in a payload."""

    def __init__(self, payload: bytes) -> None: ...
    def decode(self, frequencies: NDArray[int32], symbols: NDArray[int32]) -> bool:
        """Write the next symbols (lanes,); return whether the payload holds them all."""

    @property
    def num_bits(self) -> int:
        """Bits read so far."""

class CodeLengths:
    """The code of one table after the other."""

    def build(
        self, frequencies: NDArray[int32], lengths: NDArray[uint8], counts: NDArray[int64]
    ) -> None:
        """Write code lengths (V,), and how many symbols have each of 0 to 34, (35,)."""

    def code(self, symbol: int) -> int:
        """Return the code of a symbol of the last table."""
