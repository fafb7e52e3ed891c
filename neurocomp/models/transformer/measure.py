"""Measures the largest values of a transformer on a text, by its exact form.

Sums are of integers and all other steps correctly rounded: every machine finds the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurocomp.exact import Symbols
from neurocomp.exact.compiled import CompiledEngine
from neurocomp.exact.engine import Rows
from neurocomp.exact.layers import Linear, Norm
from neurocomp.models.common.quantise import Doubles
from neurocomp.models.transformer.config import TransformerConfig
from neurocomp.models.transformer.network import Network
from neurocomp.models.transformer.parts import read_parts
from neurocomp.store.stored import StoredModel

Ints = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Measured:
    """The values found.

    Attributes:
        input_maxima: largest values of the columns of each norm, (K,), by its name.
        residual_reach: the largest integer of the residual stream.
        output_maxima: the largest integers that layers put out, by their names; of queries, keys
            and values by part.  Only of models whose outputs are normalised.
        norm_reach: a bound of what norms of outputs add to the stream at once; 0 without them.
    """

    input_maxima: dict[str, Doubles]
    residual_reach: int
    output_maxima: dict[str, int]
    norm_reach: int


def measure(stored: StoredModel, symbols: Symbols) -> Measured:
    """Return the largest values while the model reads ``symbols`` (lanes, steps)."""
    config = TransformerConfig.from_json(dict(stored.config))
    probe = _ProbeEngine(reads_sums=config.norms_outputs)
    parts = read_parts(config, stored.tensors)
    network = Network(config, parts, probe)
    caches = network.caches(symbols.shape[0], max_steps=symbols.shape[1])
    network.advance(symbols, caches, 0)
    names = [
        f"blocks.{index}.{norm}"
        for index in range(config.num_layers)
        for norm in (() if config.norms_outputs else ("attention_norm", "inner_norm"))
    ]
    maxima = dict(zip([*names, "last_norm"], probe.maxima, strict=True))
    outputs = _largest_outputs(config, probe.outputs) if config.norms_outputs else {}
    norms = [
        norm for block in parts.blocks for norm in (block.attention_out_norm, block.inner_out_norm)
    ]
    reach = max((norm.reach for norm in norms if norm is not None), default=0)
    return Measured(maxima, probe.reach, outputs, reach)


def _largest_outputs(config: TransformerConfig, outputs: list[Ints]) -> dict[str, int]:
    query_end, key_end = config.query_width, config.query_width + config.key_width
    found: dict[str, int] = {}
    for index in range(config.num_layers):
        attended, attention_out, _, inner_out = outputs[4 * index : 4 * index + 4]
        parts = {
            "query": attended[:query_end],
            "key": attended[query_end:key_end],
            "value": attended[key_end:],
            "attention_out": attention_out,
            "inner_out": inner_out,
        }
        found |= {f"blocks.{index}.{part}": int(ones.max()) for part, ones in parts.items()}
    return found


class _ProbeEngine(CompiledEngine):
    """Keeps the largest value of each column of each norm, in the order of their preparation.

    Args:
        reads_sums: whether the reach is that of all sums, and not of what norms read alone.
    """

    def __init__(self, *, reads_sums: bool) -> None:
        self.maxima: list[Doubles] = []
        self.outputs: list[Ints] = []
        self.reach = 0
        self._reads_sums = reads_sums

    def add(self, values: Ints, increments: Ints, clip: int) -> Ints:
        if not self._reads_sums:
            return super().add(values, increments, clip)
        self.reach = max(self.reach, int(np.abs(values).max()))
        sums = super().add(values, increments, clip)
        self.reach = max(self.reach, int(np.abs(sums).max()))
        return sums

    def prepare_linear(self, layer: Linear) -> Callable[[Rows[Ints]], Ints]:
        apply = super().prepare_linear(layer)
        largest = np.zeros(layer.weight.shape[0], np.int64)
        self.outputs.append(largest)

        def observe(rows: Rows[Ints]) -> Ints:
            out = apply(rows)
            np.maximum(largest, np.abs(out).max(axis=0), out=largest)
            return out

        return observe

    def prepare_norm(self, norm: Norm, limit: int) -> Callable[[Ints], Rows[Ints]]:
        apply = super().prepare_norm(norm, limit)
        width = norm.gain.size
        largest = np.full(width, 2.0**-10)  # a column of zeros needs no step of its own
        self.maxima.append(largest)

        def observe(values: Ints) -> Rows[Ints]:
            wide = values.astype(np.int64)
            means = np.sqrt(((wide * wide).sum(axis=1) + norm.epsilon) / np.float64(width))
            np.maximum(largest, (np.abs(wide) / means[:, None]).max(axis=0), out=largest)
            self.reach = max(self.reach, int(np.abs(wide).max()))
            return apply(values)

        return observe
