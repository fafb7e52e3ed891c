"""Which layers can do with 8-bit activations.

A product of 8-bit activations is half the work of one with 16 bits where the processor multiplies
bytes.  GPT-2's residual stream has a few columns a hundred times larger than the others, which
leave 8 bits too coarse for these; where that matters is measured.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurocomp.exact import Symbols
from neurocomp.exact.compiled import CompiledEngine
from neurocomp.exact.engine import Rows
from neurocomp.exact.layers import Linear
from neurocomp.exact.scaling import NARROW_LIMIT
from neurocomp.models.transformer.builder import Builder, Narrow
from neurocomp.models.transformer.config import TransformerConfig
from neurocomp.models.transformer.network import Network
from neurocomp.models.transformer.parts import read_parts
from neurocomp.store.stored import StoredModel

NOISE_SHARE = 1 << 17
"""A layer takes 8 bits if rounding's share of its outputs' energy is below 1 / NOISE_SHARE."""

_SUM_SHIFT = 12

Ints = NDArray[Any]


def choose_narrow(builder: Builder, stored: StoredModel, symbols: Symbols) -> Narrow:
    """Return the layers that can do with 8 bits.

    All sums are of integers: every machine chooses the same.

    Args:
        builder: builder of the model, which names the layers.
        stored: the model with 16-bit activations throughout.
        symbols: symbols typical of the model's use, (lanes, steps).
    """
    config = TransformerConfig.from_json(dict(stored.config))
    probe = _ProbeEngine()
    network = Network(config, read_parts(config, stored.tensors), probe)
    network.all_frequencies(symbols)
    return frozenset(
        name
        for name, (noise, energy) in zip(builder.layer_names, probe.energies, strict=True)
        if noise * NOISE_SHARE <= energy
    )


class _ProbeEngine(CompiledEngine):
    """Computes with 16 bits and sums up what 8 bits would have changed, layer by layer."""

    def __init__(self) -> None:
        self.energies: list[list[int]] = []

    def prepare_linear(self, layer: Linear) -> Callable[[Rows[Ints]], Ints]:
        apply = super().prepare_linear(layer)
        sums = [0, 0]
        self.energies.append(sums)
        weight = layer.weight

        def observe(rows: Rows[Ints]) -> Ints:
            wide = rows.values[:, : weight.shape[1]].astype(np.int32)
            narrow = self.quantise(wide, NARROW_LIMIT)
            scales = narrow.mantissas << narrow.exponents
            rounded = narrow.values[:, : weight.shape[1]] * scales[:, None] // NARROW_LIMIT
            for index, values in enumerate((wide - rounded, wide)):
                product = values.astype(np.int64) @ weight[:: _stride(weight)].astype(np.int64).T
                sums[index] += int(((product >> _SUM_SHIFT) ** 2).sum())
            return apply(rows)

        return observe


def _stride(weight: NDArray[np.int8]) -> int:
    """Return a step that leaves at most 256 outputs of a layer to look at."""
    return int(-(-weight.shape[0] // 256))
