"""How the symbols of a block lie in lanes that advance together."""

from __future__ import annotations

import numpy as np

from neurocomp.exact import Stream, Symbols


def to_lanes(symbols: Stream, num_lanes: int) -> Symbols:
    """Lay n symbols out as (steps, lanes): lane l holds n // L or one more successive symbols.

    The first n % L lanes hold one more; the others end in a zero that is not coded.
    """
    steps = -(-symbols.size // num_lanes)
    grid = np.zeros((num_lanes, steps), np.int32)
    start = 0
    for lane in range(num_lanes):
        size = _lane_size(symbols.size, num_lanes, lane)
        grid[lane, :size] = symbols[start : start + size]
        start += size
    return np.ascontiguousarray(grid.T)


def from_lanes(grid: Symbols, num_symbols: int) -> Symbols:
    """Undo ``to_lanes``: (steps, lanes) to (num_symbols,)."""
    num_lanes = grid.shape[1]
    lanes = [grid[: _lane_size(num_symbols, num_lanes, k), k] for k in range(num_lanes)]
    return np.concatenate(lanes)


def _lane_size(num_symbols: int, num_lanes: int, lane: int) -> int:
    return num_symbols // num_lanes + (lane < num_symbols % num_lanes)


def num_active(num_symbols: int, num_lanes: int, step: int) -> int:
    """Return how many lanes still have a symbol at ``step``."""
    return num_lanes if step < num_symbols // num_lanes else num_symbols % num_lanes
