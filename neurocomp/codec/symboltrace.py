"""Costs of a block's symbols under a symbol model and any entropy coder."""

from __future__ import annotations

import numpy as np

from neurocomp.codec.contract import CodedBlock, SymbolModel, Tick
from neurocomp.codec.symbolwise import lane_starts, num_active, to_lanes
from neurocomp.codec.trace import Asked, Shortlist, Trace, check_payload
from neurocomp.coding.base import EntropyCoder
from neurocomp.exact import TOTAL, Stream


def trace_symbols(
    model: SymbolModel,
    coder: EntropyCoder,
    block: CodedBlock,
    symbols: Stream,
    asked: Asked,
    tick: Tick,
) -> Trace:
    """Return the cost of each of the block's ``symbols``; see `Codec.trace`."""
    ids, num_lanes = symbols.astype(np.int32), block.num_lanes
    sizes = model.symbol_map.describe(ids).sizes
    starts = None if sizes is None else np.cumsum(sizes) - sizes
    shortlist = Shortlist(asked.of(starts, ids.size), model.alphabet_size)
    grid, firsts = to_lanes(ids, num_lanes), lane_starts(ids.size, num_lanes)
    predictor = model.predictor(num_lanes)
    encoder, meter = coder.encoder(), coder.meter()
    bits = np.zeros(ids.size)
    for step, (column, tables) in enumerate(zip(grid, predictor.foresee(grid), strict=True)):
        active = num_active(ids.size, num_lanes, step)
        encoder.encode(column[:active], tables[:active])
        places = firsts[:active] + step
        bits[places] = meter.measure(column[:active], tables[:active])
        for place, row in zip(places.tolist(), tables, strict=False):
            shortlist.take(place, row, TOTAL)
        tick(active)
    check_payload(encoder.finish(), block.payload)
    return Trace(ids, model.symbol_map, bits, likely=shortlist.found())
