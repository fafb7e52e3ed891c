"""A codec that is made when a block first needs it."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

from neurocomp.contract import Codec, CodedBlock, Tick
from neurocomp.exact import Stream


class DeferredCodec:
    """Stands for a codec whose model takes long to load: content that is stored never needs it.

    Args:
        make: returns the codec; called once at most, by whichever thread comes first.
    """

    def __init__(self, make: Callable[[], Codec]) -> None:
        self._make = make
        self._codec: Codec | None = None
        self._lock = Lock()

    def encode(self, symbols: Stream, tick: Tick) -> CodedBlock | None:
        """Do what the codec does."""
        return self._made().encode(symbols, tick)

    def decode(self, block: CodedBlock, tick: Tick) -> Stream:
        """Do what the codec does."""
        return self._made().decode(block, tick)

    def _made(self) -> Codec:
        with self._lock:
            if self._codec is None:
                self._codec = self._make()
            return self._codec
