"""Streams of symbols with a table for each step, and how to send them through a coder."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neurocomp.coding.base import EntropyCoder
from neurocomp.exact import TOTAL, Frequencies, Symbols, quantise


@dataclass(frozen=True)
class Stream:
    """Steps of (lanes,) symbols and (lanes, V) tables."""

    symbols: list[Symbols]
    tables: list[Frequencies]

    @property
    def num_symbols(self) -> int:
        return sum(s.size for s in self.symbols)

    @property
    def ideal_bits(self) -> float:
        chosen = [
            table[np.arange(s.size), s] for s, table in zip(self.symbols, self.tables, strict=True)
        ]
        return float(-np.log2(np.concatenate(chosen) / TOTAL).sum())


def random_stream(size: int, lanes: int, steps: int, shape: float = 0.3, seed: int = 1) -> Stream:
    """Tables with gamma-distributed weights, symbols drawn from them."""
    rng = np.random.default_rng(seed)
    stream = Stream([], [])
    for _ in range(steps):
        weights = (rng.gamma(shape, 1 << 20, (lanes, size)) + 1).astype(np.int64)
        table = quantise(weights)
        points = rng.integers(0, TOTAL, lanes)
        drawn = [
            int(np.searchsorted(np.cumsum(row), point, "right"))
            for row, point in zip(table, points, strict=True)
        ]
        stream.symbols.append(np.array(drawn, np.int32))
        stream.tables.append(table)
    return stream


def skewed_table(size: int, likely: int) -> Frequencies:
    """All symbols as rare as can be but ``likely``; shape (1, size)."""
    table = np.ones((1, size), np.int32)
    table[0, likely] += TOTAL - size
    return table


def fixed_stream() -> Stream:
    """The same on every machine and for all time: alphabets 2 to 41, two lanes, from an LCG."""
    state = 1

    def draw(below: int) -> int:
        nonlocal state
        state = (state * 6364136223846793005 + 1442695040888963407) % (1 << 64)
        return (state >> 33) % below

    stream = Stream([], [])
    for step in range(40):
        size = 2 + step
        weights = [[1 + draw(1 << draw(20)) for _ in range(size)] for _ in range(2)]
        stream.tables.append(quantise(np.array(weights, np.int64)))
        stream.symbols.append(np.array([draw(size), draw(size)], np.int32))
    return stream


def encode(coder: EntropyCoder, stream: Stream) -> bytes:
    encoder = coder.encoder()
    for symbols, table in zip(stream.symbols, stream.tables, strict=True):
        encoder.encode(symbols, table)
    return encoder.finish()


def decode(coder: EntropyCoder, payload: bytes, tables: list[Frequencies]) -> list[list[int]]:
    decoder = coder.decoder(payload)
    symbols = [decoder.decode(table) for table in tables]
    decoder.finish()
    assert all(s.dtype == np.int32 for s in symbols)
    return [s.tolist() for s in symbols]
