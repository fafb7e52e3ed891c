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
from neurocomp.exact.layers import Norm
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
        input_maxima: the largest that the columns of each norm have, (K,), by its name.
        residual_reach: the largest integer of the residual stream.
    """

    input_maxima: dict[str, Doubles]
    residual_reach: int


def measure(stored: StoredModel, symbols: Symbols) -> Measured:
    """Return the largest values while the model reads ``symbols`` (lanes, steps)."""
    config = TransformerConfig.from_json(dict(stored.config))
    probe = _ProbeEngine()
    network = Network(config, read_parts(config, stored.tensors), probe)
    caches = network.caches(symbols.shape[0], max_steps=symbols.shape[1])
    network.advance(symbols, caches, 0)
    names = [
        f"blocks.{index}.{norm}"
        for index in range(config.num_layers)
        for norm in ("attention_norm", "inner_norm")
    ]
    maxima = dict(zip([*names, "last_norm"], probe.maxima, strict=True))
    return Measured(maxima, probe.reach)


class _ProbeEngine(CompiledEngine):
    """Keeps the largest value of each column of each norm, in the order of their preparation."""

    def __init__(self) -> None:
        self.maxima: list[Doubles] = []
        self.reach = 0

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
