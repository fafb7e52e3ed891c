"""Blocks of symbols, by models that give a table for each: docs/format.md, sections 3 and 5."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from tests.reference.coders import HuffmanDecoder, RangeDecoder, SymbolDecoder, need
from tests.reference.frames import Block

ARITHMETIC, HUFFMAN = 1, 2


class Lanes(Protocol):
    """The lanes of a block, as a model predicts them."""

    def tables(self) -> Sequence[list[int]]:
        """Return the frequency table of what comes next in each lane."""

    def learn(self, symbols: Sequence[int]) -> None:
        """Take in the next symbols of the first lanes, all of them but in the last step."""


class Lane(Protocol):
    """A lane that knows nothing of others."""

    def weigh(self) -> list[int]:
        """Return the weights of what comes next; called once for each symbol."""

    def read(self, symbol: int) -> None:
        """Take in a symbol."""


class OwnLanes:
    """Lanes that know nothing of each other."""

    def __init__(self, lanes: Sequence[Lane]) -> None:
        self._lanes = lanes

    def tables(self) -> list[list[int]]:
        return [frequencies(lane.weigh()) for lane in self._lanes]

    def learn(self, symbols: Sequence[int]) -> None:
        for lane, symbol in zip(self._lanes, symbols, strict=False):
            lane.read(symbol)


def frequencies(weights: Sequence[int]) -> list[int]:
    """Return the frequency table of weights: docs/format.md, section 6.1."""
    total, size = sum(weights), len(weights)
    table = [1 + weight * ((1 << 24) - size) // total for weight in weights]
    table[weights.index(max(weights))] += (1 << 24) - sum(table)
    return table


def decode_symbols(block: Block, coder_id: int, size: int, lanes: Lanes) -> list[int]:
    """Return the symbols of a block, lane after lane; ``size`` is that of their alphabet."""
    need(block.variant == 0, "the block's variant is unknown")
    need(size * block.num_lanes <= 1 << 23, "the block has too many lanes")
    kinds: dict[int, type[RangeDecoder] | type[HuffmanDecoder]]
    kinds = {ARITHMETIC: RangeDecoder, HUFFMAN: HuffmanDecoder}
    coder: SymbolDecoder = kinds[coder_id](block.payload, block.num_symbols, size)
    contents: list[list[int]] = [[] for _ in range(block.num_lanes)]
    for step in range(-(-block.num_symbols // block.num_lanes)):
        num_active = min(block.num_lanes, block.num_symbols - step * block.num_lanes)
        symbols = [coder.decode(table) for table in lanes.tables()[:num_active]]
        for content, symbol in zip(contents, symbols, strict=False):
            content.append(symbol)
        lanes.learn(symbols)
    coder.finish()
    return [symbol for content in contents for symbol in content]
