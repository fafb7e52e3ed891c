"""Progress within a block, from the codec's count of symbols."""

from __future__ import annotations

from threading import Lock

from neurocomp.codec import Tick
from neurocomp.frame.block import Block


class ContentProgress:
    """Turns a codec's symbols into bytes of content; they add up to those of the block.

    Args:
        tick: a function that is called with the bytes.
        block: the block that has the symbols.
    """

    def __init__(self, tick: Tick, block: Block) -> None:
        self._tick = tick
        self._block = block
        self._lock = Lock()
        self._num_symbols = self._num_bytes = 0

    def advance(self, num_symbols: int) -> None:
        """Count finished symbols; may be called from any thread."""
        with self._lock:
            self._num_symbols += num_symbols
            done = min(self._num_symbols, self._block.num_symbols)
            num_bytes = self._block.decoded_bytes * done // max(self._block.num_symbols, 1)
            more = num_bytes - self._num_bytes
            self._num_bytes = num_bytes
        self._tick(more)

    def finish(self) -> None:
        """Report that all symbols are done."""
        self.advance(self._block.num_symbols)
