"""From stored integers back to a checkpoint's real numbers, to train on from there."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurocomp.errors import UnsupportedError
from neurocomp.exact.hashing import HASH_GAIN
from neurocomp.exact.scaling import NARROW_LIMIT
from neurocomp.models.recurrent.config import RESIDUAL_BITS, RecurrentConfig
from neurocomp.models.recurrent.convert import layer_units
from neurocomp.models.recurrent.model import ARCHITECTURES
from neurocomp.models.recurrent.parts import read_parts
from neurocomp.models.stored import StoredModel

_UNIT = 2.0**-RESIDUAL_BITS
_BIASED = ("gates", "head")


def restore(stored: StoredModel) -> dict[str, NDArray[np.float32]]:
    """Return the tensors that ``convert.build`` makes ``stored`` from, rounded as it has them.

    Raises:
        FormatError: a tensor is missing or damaged.
        UnsupportedError: it is a model of another architecture.
    """
    if stored.architecture not in ARCHITECTURES:
        raise UnsupportedError(f"a model of architecture {stored.architecture!r} is no network")
    config = RecurrentConfig.from_json(dict(stored.config))
    parts = read_parts(config, stored.tensors)
    weights: dict[str, NDArray[Any]] = {"embeddings": parts.embeddings * _UNIT}
    if config.hashed:
        rows, scales = parts.hashed.rows.astype(np.float64), parts.hashed.scales
        weights["hashed"] = rows * scales[:, None] * (_UNIT / HASH_GAIN)
    layers = {"head": parts.head}
    for index, block in enumerate(parts.blocks):
        for name in ("gates", "out", "up", "down"):
            layers[f"blocks.{index}.{name}"] = getattr(block, name)
    for name, layer in layers.items():
        kind = name.rpartition(".")[2]
        unit, out_unit = layer_units(kind, config.width)
        scales = np.ldexp(layer.multiplier * (out_unit * NARROW_LIMIT / unit), -layer.shift)
        weights[f"{name}.weight"] = layer.weight * scales[:, None]
        if kind in _BIASED:
            weights[f"{name}.bias"] = layer.bias * out_unit
    return {name: weight.astype(np.float32) for name, weight in weights.items()}
