"""What a codec is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from neurocomp.exact import Stream

Tick = Callable[[int], None]
"""Told now and then how many more symbols are done; may raise to stop the work."""


def watch(tick: Tick, num_symbols: int) -> None:
    """Let ``tick`` stop the work, but don't count the symbols."""
    del num_symbols
    tick(0)


@dataclass(frozen=True)
class CodedBlock:
    """What a codec makes of one block's symbols.

    Attributes:
        payload: the coder's output.
        num_symbols: how many symbols it holds.
        num_lanes: lanes that advanced together.
        variant: parameter set of the model, 0 to 3.
    """

    payload: bytes
    num_symbols: int
    num_lanes: int
    variant: int


class Codec(Protocol):
    """A model and a coder in lock-step over the symbols of one block."""

    def encode(self, symbols: Stream, tick: Tick) -> CodedBlock | None:
        """Code at least one symbol, shape (n,); None where that would not save anything."""

    def decode(self, block: CodedBlock, tick: Tick) -> Stream:
        """Return the symbols of ``block``.

        Raises:
            FormatError: the payload is not one of this codec's.
        """
