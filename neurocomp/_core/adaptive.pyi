"""The adaptive model of bytes: ``core/src/adaptive``."""

from numpy import int32
from numpy.typing import NDArray

class Predictor:
    """A trie, its escape shares, and the lanes' places in it.

    Args:
        num_lanes: at least 1.
        first_capacity: rows of a fresh trie.
        max_nodes: rows at most.
        history_symbols: a full trie is built again from so many of the latest symbols.
    """

    def __init__(
        self, num_lanes: int, first_capacity: int, max_nodes: int, history_symbols: int
    ) -> None: ...
    def predict(self, out: NDArray[int32]) -> None:
        """Write the tables of all lanes, (lanes, 256)."""

    def update(self, symbols: NDArray[int32]) -> None:
        """Learn the next symbols (lanes,); raises ValueError for one outside 0..255."""
