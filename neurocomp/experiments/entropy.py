"""Cross-entropies: what the tables of a model, and its float original, say about a text."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from neurocomp.codec.symbolwise import to_lanes
from neurocomp.exact import TOTAL, Stream
from neurocomp.models.base import SymbolModel

LANES_AT_ONCE = 2
"""Of the float network: a window of 1024 symbols has 200 MB of logits a lane."""


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


def windows(length: int, context: int, overlap: int) -> Iterator[tuple[int, int, int]]:
    """Yield how an exact transformer reads a lane whose start symbol is at position 0.

    Args:
        length: symbols of the lane, the start symbol included.
        context, overlap: of the model.

    Yields:
        (first, last, new): symbols first..last-1 are read, of which those from ``new`` on predict
        what was not predicted before.
    """
    first, new = 0, 0
    while new < length - 1:
        last = min(first + context, length - 1)
        yield first, last, new
        first, new = last - overlap + 1, last


def float_bits(folder: Path, tokens: Stream, num_lanes: int) -> tuple[float, int]:
    """Return the code length of ``tokens`` under a float checkpoint of GPT-2's kind, in bits.

    Lanes and windows are those of the exact form with its own overlap.

    Returns:
        The code length, and the number of parameters.
    """
    import torch
    from torch.nn import functional
    from transformers import AutoModelForCausalLM

    network: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    network.eval()
    context = int(network.config.n_positions)
    grid = to_lanes(tokens, num_lanes).T.astype(np.int64)  # (lanes, steps)
    starts = np.full((num_lanes, 1), network.config.bos_token_id, np.int64)
    rows = torch.from_numpy(np.concatenate([starts, grid], 1))
    sizes = [
        tokens.size // num_lanes + (lane < tokens.size % num_lanes) for lane in range(num_lanes)
    ]
    counted = torch.arange(rows.shape[1])[None, :] <= torch.tensor(sizes)[:, None]
    nats = 0.0
    with torch.inference_mode():
        for lane in range(0, num_lanes, LANES_AT_ONCE):
            some, counts = (one[lane : lane + LANES_AT_ONCE] for one in (rows, counted))
            for first, last, new in windows(rows.shape[1], context, context // 2):
                logits = network(some[:, first:last]).logits[:, new - first :]
                loss = functional.cross_entropy(
                    logits.flatten(0, 1), some[:, new + 1 : last + 1].flatten(), reduction="none"
                )
                nats += float(loss.double()[counts[:, new + 1 : last + 1].flatten()].sum())
    num_parameters = sum(parameter.numel() for parameter in network.parameters())
    return nats / math.log(2), num_parameters
