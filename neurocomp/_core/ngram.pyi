"""n-gram models, and counting for them: ``core/src/ngram``.

Arrays are contiguous, and none is converted; classes read those that they were made of.  All raise
ValueError for shapes that don't fit together and for numbers out of range.
"""

from typing import Any

from numpy import int32, uint8
from numpy.typing import NDArray

class Trie:
    """A trie of n-grams; see ``models.ngram.trie``.

    Args:
        starts: (inner nodes + 1,).
        symbols: uint8 or uint16, (nodes,).
        alphabet_size: V.
    """

    def __init__(
        self, starts: NDArray[int32], symbols: NDArray[Any], alphabet_size: int
    ) -> None: ...
    def advance(self, contexts: NDArray[int32], symbols: NDArray[int32]) -> None:
        """Append symbols (lanes,) to the contexts (lanes, order) of all lanes."""

class Probabilities:
    """Probabilities on a trie, interpolated or backing off; see ``models.ngram.model``."""

    def __init__(
        self,
        trie: Trie,
        alphas: NDArray[uint8],
        gammas: NDArray[uint8],
        alpha_books: NDArray[int32],
        gamma_books: NDArray[int32],
        base: NDArray[int32],
        backs_off: bool,
    ) -> None: ...
    def predict(self, contexts: NDArray[int32], out: NDArray[int32]) -> None:
        """Write the tables (lanes, V) after contexts (lanes, order)."""

def sort_positions(ranks: NDArray[int32], counts: NDArray[int32]) -> NDArray[int32]:
    """Return the positions, stably sorted by ranks (N,), each of which is there counts[r] times."""

def next_grams(
    by_symbol: NDArray[int32],
    ranks: NDArray[int32],
    counts: NDArray[int32],
    room: NDArray[uint8],
    symbols: NDArray[int32],
    length: int,
) -> tuple[NDArray[int32], NDArray[int32], NDArray[int32], NDArray[int32], NDArray[int32]]:
    """Rank the (length + 1)-grams.

    Args:
        by_symbol: positions, sorted by their symbols.
        ranks: of the n-grams of ``length`` at each position.
        counts: of these n-grams.
        room: symbols that each position has to its document's end.
        symbols: all of them.
        length: of the n-grams known.

    Returns:
        The rank at each position (-1 where there is none), and of each one its parent, last
        symbol, count, and one position where it begins.
    """
