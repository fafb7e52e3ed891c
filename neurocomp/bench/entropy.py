"""Cross-entropies: what the tables of a model, and its float original, say about a text."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurocomp.codec.symbolwise import to_lanes
from neurocomp.exact import Stream
from neurocomp.models.transformer.checkpoint import read_json

STEPS_AT_ONCE = 1024
"""Symbols of all lanes that a float network, other than a transformer, predicts at once."""

LANES_AT_ONCE = 2
"""Lanes of the float network: a window of 1024 symbols has 200 MB of logits a lane."""


def windows(length: int, context: int, overlap: int) -> Iterator[tuple[int, int, int]]:
    """Yield how an exact transformer reads a lane whose start symbol is at position 0.

    Args:
        length: symbols of the lane, the start symbol included.
        context, overlap: the window and the overlap of the model, in tokens.

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
    """Return the code length of ``tokens`` under a float checkpoint, in bits.

    Lanes are those of the exact form, and so are a transformer's windows with its own overlap.

    Returns:
        The code length, and the number of parameters.

    Raises:
        FormatError, UnsupportedError: the checkpoint is damaged, or of a kind that isn't measured.
    """
    import torch

    kind = read_json(folder / "config.json").get("model_type")
    make = _transformer_bits if kind == "gpt2" else _network_bits
    with torch.inference_mode():
        return make(folder, _grid(tokens, num_lanes))


@dataclass(frozen=True, eq=False)
class _Grid:
    """Lanes as int64 (lanes, steps), and how many steps of each count, (lanes,)."""

    symbols: NDArray[np.int64]
    sizes: NDArray[np.int64]


def _grid(tokens: Stream, num_lanes: int) -> _Grid:
    sizes = np.full(num_lanes, tokens.size // num_lanes)
    sizes[: tokens.size % num_lanes] += 1
    return _Grid(to_lanes(tokens, num_lanes).T.astype(np.int64), sizes)


def _transformer_bits(folder: Path, grid: _Grid) -> tuple[float, int]:
    import torch
    from transformers import AutoModelForCausalLM

    network: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    network.eval()
    context = int(network.config.n_positions)
    rows = _started(grid.symbols, network.config.bos_token_id, 1)
    nats = 0.0
    for lane in range(0, len(rows), LANES_AT_ONCE):
        some = rows[lane : lane + LANES_AT_ONCE]
        sizes = grid.sizes[lane : lane + LANES_AT_ONCE]
        for first, last, new in windows(rows.shape[1], context, context // 2):
            logits = network(some[:, first:last]).logits[:, new - first :]
            nats += _nats(logits, some[:, new + 1 : last + 1], sizes - new)
    return nats / math.log(2), _num_parameters(network)


def _network_bits(folder: Path, grid: _Grid) -> tuple[float, int]:
    """Do the same for neural n-grams and recurrent networks, whose pasts need no windows."""
    from neurocomp.models.text.networks import load_network

    network: Any
    network, start_symbol = load_network(folder)
    context = network.config.context
    rows = _started(grid.symbols, start_symbol, context)
    nats, num_steps = 0.0, grid.symbols.shape[1]
    is_recurrent = hasattr(network, "advance")
    state = network.initial_state(len(rows)) if is_recurrent else None
    steps = max(STEPS_AT_ONCE // len(rows), 1)
    for first in range(0, num_steps, steps):
        last = min(first + steps, num_steps)
        seen = rows[:, first : last + context - 1]
        if is_recurrent:
            logits, state = network.advance(seen, state)
        else:
            logits = network(seen)
        nats += _nats(logits, rows[:, first + context : last + context], grid.sizes - first)
    return nats / math.log(2), _num_parameters(network)


def _started(symbols: NDArray[np.int64], start: int, context: int) -> Any:
    import torch

    starts = np.full((len(symbols), context), start, np.int64)
    return torch.from_numpy(np.concatenate([starts, symbols], 1))


def _nats(logits: Any, targets: Any, sizes: NDArray[np.int64]) -> float:
    """Return the code length of targets (lanes, steps), of which the first ``sizes`` count."""
    import torch
    from torch.nn import functional

    losses = functional.cross_entropy(
        logits.flatten(0, 1), targets.flatten(), reduction="none"
    ).view(targets.shape)
    counted = torch.arange(targets.shape[1])[None, :] < torch.from_numpy(sizes)[:, None]
    return float(losses.double()[counted].sum())


def _num_parameters(network: Any) -> int:
    return sum(parameter.numel() for parameter in network.parameters())
