"""What integer tables say, apart from any coder."""

from __future__ import annotations

import numpy as np

from neurocomp.codec.contract import SymbolModel
from neurocomp.codec.symbolwise import to_lanes
from neurocomp.exact import TOTAL, Stream


def table_bits(model: SymbolModel, tokens: Stream) -> float:
    """Return the ideal code length of ``tokens`` under a model's integer tables, in bits.

    Lanes are those of the codec, so that this is what a coder without loss would write.
    """
    num_lanes = model.num_lanes(tokens.size)
    predictor = model.predictor(num_lanes)
    lanes = np.arange(num_lanes)
    num_left, num_bits = tokens.size, 0.0
    for column in to_lanes(tokens, num_lanes):
        active = min(num_left, num_lanes)
        chosen = predictor.frequencies()[lanes, column][:active]
        num_bits += float(np.log2(TOTAL / chosen.astype(np.float64)).sum())
        predictor.update(column)
        num_left -= active
    return num_bits
