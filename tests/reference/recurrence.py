"""Blocks of gated recurrence: docs/spec/bytenet.md, section 3."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from tests.reference.exact import (
    STREAM_LIMIT,
    TABLE_HALF,
    Layer,
    Norm,
    added,
    function,
    shifted,
)
from tests.reference.stored import StoredModel
from tests.reference.tables import clamp

SQUARE_LIMIT = 1 << 17

MakeLayer = Callable[[str, int, int, int], Layer]
"""Of a name, outputs, inputs and the largest output."""


class Block(NamedTuple):
    gates: Layer
    out: Layer
    up: Layer
    down: Layer


class Recurrence:
    """All blocks of a network, and the tables that they share."""

    def __init__(self, stored: StoredModel, width: int, make: MakeLayer) -> None:
        inner = stored.config["inner_width"]
        self.width = width
        self.norm = Norm(None, stored.config["epsilon"], False)
        self._blocks = [
            Block(
                make(f"blocks.{b}.gates", 3 * width, width, STREAM_LIMIT),
                make(f"blocks.{b}.out", width, width, STREAM_LIMIT),
                make(f"blocks.{b}.up", inner, width, SQUARE_LIMIT),
                make(f"blocks.{b}.down", width, inner, STREAM_LIMIT),
            )
            for b in range(stored.config["num_blocks"])
        ]
        self._gate, self._silu = stored.numbers("gate"), stored.numbers("silu")

    def start(self) -> list[list[int]]:
        return [[0] * self.width for _ in self._blocks]

    def step(self, stream: list[int], states: list[list[int]]) -> list[int]:
        """Return the stream after all blocks, whose states move."""
        for block, state in zip(self._blocks, states, strict=True):
            gates = block.gates.after(self.norm, stream)
            stream = added(stream, block.out.of(self._recur(gates, state)))
            inner = [shifted(max(value, 0) ** 2, 12) for value in block.up.after(self.norm, stream)]
            stream = added(stream, block.down.of(inner))
        return stream

    def _recur(self, sums: list[int], state: list[int]) -> list[int]:
        """Move a state and return what the output's gates let through."""
        width, opened = self.width, []
        for k in range(width):
            share = self._gate[max(-TABLE_HALF, min(TABLE_HALF - 1, sums[k])) + TABLE_HALF]
            state[k] += shifted(share * ((sums[2 * width + k] << 6) - state[k]), 16)
            gate = function(self._silu, sums[width + k])
            opened.append(clamp(shifted(gate * state[k], 12), STREAM_LIMIT))
        return opened
