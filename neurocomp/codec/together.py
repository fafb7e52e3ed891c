"""Blocks of several records side by side in the lanes of one predictor.

Where lanes know nothing of each other, a table is the same whatever the other lanes hold, so each
block's payload is the one that it has alone: only the time of a step is shared.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

import numpy as np

from neurocomp.codec.base import CodedBlock
from neurocomp.codec.lanes import from_lanes, num_active, to_lanes
from neurocomp.coding import EntropyCoder
from neurocomp.errors import FormatError
from neurocomp.exact import Stream
from neurocomp.models.base import SymbolModel


def encode_together(
    model: SymbolModel, coder: EntropyCoder, streams: Sequence[Stream]
) -> list[CodedBlock]:
    """Code blocks of symbols, each of shape (n,), n >= 1, as each would be alone."""
    lanes = [model.num_lanes(stream.size) for stream in streams]
    grids = [to_lanes(stream, count) for stream, count in zip(streams, lanes, strict=True)]
    encoders = [coder.encoder() for _ in streams]
    starts = [0, *accumulate(lanes)]
    predictor = model.predictor(starts[-1])
    for step in range(max(len(grid) for grid in grids)):
        tables = predictor.frequencies()
        symbols = np.zeros(starts[-1], np.int32)
        for stream, grid, encoder, count, first in zip(
            streams, grids, encoders, lanes, starts[:-1], strict=True
        ):
            if step < len(grid):
                active = num_active(stream.size, count, step)
                encoder.encode(grid[step, :active], tables[first : first + active])
                symbols[first : first + count] = grid[step]
        predictor.update(symbols)
    return [
        CodedBlock(encoder.finish(), stream.size, count, variant=0)
        for stream, encoder, count in zip(streams, encoders, lanes, strict=True)
    ]


def decode_together(
    model: SymbolModel, coder: EntropyCoder, blocks: Sequence[CodedBlock]
) -> list[Stream | FormatError]:
    """Return the symbols of each block, or what is wrong with its payload."""
    lanes = [block.num_lanes for block in blocks]
    starts = [0, *accumulate(lanes)]
    steps = [-(-block.num_symbols // block.num_lanes) for block in blocks]
    grids = [np.zeros(shape, np.int32) for shape in zip(steps, lanes, strict=True)]
    decoders = [coder.decoder(block.payload) for block in blocks]
    errors: dict[int, FormatError] = {}
    predictor = model.predictor(starts[-1])
    for step in range(max(steps)):
        tables = predictor.frequencies()
        symbols = np.zeros(starts[-1], np.int32)
        for number, block in enumerate(blocks):
            if step >= steps[number] or number in errors:
                continue
            first, count = starts[number], lanes[number]
            active = num_active(block.num_symbols, count, step)
            try:
                row = decoders[number].decode(tables[first : first + active])
            except FormatError as error:
                errors[number] = error
                continue
            grids[number][step, :active] = row
            symbols[first : first + count] = grids[number][step]
        predictor.update(symbols)
    results: list[Stream | FormatError] = []
    for number, block in enumerate(blocks):
        try:
            if number in errors:
                raise errors[number]
            decoders[number].finish()
            results.append(from_lanes(grids[number], block.num_symbols))
        except FormatError as error:
            results.append(error)
    return results
