"""Maps between text and symbols: ``core/src/symbols``."""

from numpy import int64, uint8, uint32
from numpy.typing import NDArray

def find_word_ends(
    rule: int, codes: NDArray[uint32], classes: NDArray[uint8], ends: NDArray[int64]
) -> int:
    """Write where words of code points (n,) end to ``ends`` (n or more); return how many there are.

    Rules are numbered as in ``symbols.bpe.WORD_RULES``.  Classes are 0 for signs, 1 for letters,
    2 for numbers, 3 for spaces.
    """
