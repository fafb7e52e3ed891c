"""From a checkpoint of ``neurocomp train text`` to stored integers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurocomp.errors import FormatError, UnsupportedError
from neurocomp.exact.hashing import HASH_GAIN
from neurocomp.exact.layers import SQUARE_LIMIT
from neurocomp.exact.scaling import EXP2_BITS, NARROW_LIMIT, RESIDUAL_LIMIT
from neurocomp.exact.tables import INPUT_BITS, STATE_BITS, activation, exp2_table, gate_table
from neurocomp.models.bytenet.config import RESIDUAL_BITS, SQUARE_BITS, RecurrentConfig
from neurocomp.models.bytenet.model import ARCHITECTURE
from neurocomp.models.bytenet.parts import HEAD_LIMIT, MAX_SCALE, read_parts
from neurocomp.models.common.quantise import make_linear, quantise_matrix
from neurocomp.store.checkpoints import read_checkpoint
from neurocomp.store.stored import StoredModel

CHECKPOINT_TYPE = "glr"
HASHED_STEP = 1.75
"""Between levels of a hashed embedding, in its root mean squares, where the checkpoint tells no
other: docs/experiments.md."""

_NORM_EPSILON = 1e-6
_LOG2_E = 1.4426950408889634


def convert_checkpoint(folder: Path) -> StoredModel:
    """Return the integers of the network in ``folder``: model.safetensors and config.json.

    Raises:
        FormatError: a file is missing or damaged.
        UnsupportedError: it is another kind of network, or out of the range of integers.
    """
    settings, weights = read_checkpoint(folder)
    if settings.get("model_type") != CHECKPOINT_TYPE:
        raise UnsupportedError(f"{folder} holds a network of type {settings.get('model_type')!r}")
    hashed = settings.get("hashed", {})
    sizes: list[Any] = [settings.get(name) for name in ("width", "num_blocks", "expansion")]
    bits = list(hashed.values()) if type(hashed) is dict else [None]
    if not all(type(size) is int for size in (*sizes, *bits)):
        raise FormatError(f"{folder / 'config.json'} lacks the network's shape")
    width, num_blocks, expansion = sizes
    step = settings.get("hashed_step") or HASHED_STEP
    if type(step) not in (int, float) or not 0 < step < MAX_SCALE:
        raise FormatError(f"{folder / 'config.json'} has a hashed_step of {step!r}")
    return build(weights, width, num_blocks, expansion, hashed, step)


def build(
    weights: dict[str, NDArray[Any]],
    width: int,
    num_blocks: int,
    expansion: int,
    hashed: dict[str, int] | None = None,
    hashed_step: float = HASHED_STEP,
) -> StoredModel:
    """Return the integers of a network with these tensors; see ``neurocomp.models.bytenet.glr``.

    Raises:
        FormatError: a tensor is missing.
        UnsupportedError: values are out of the range of integers.
    """
    builder = BlockBuilder(weights, width, wide=False)
    embeddings = np.rint(builder.weight("embeddings").astype(np.float64) / 2.0**-RESIDUAL_BITS)
    if float(np.abs(embeddings).max()) >= 1 << 15:
        raise UnsupportedError("an embedding of the network is out of the range of integers")
    builder.tensors["embeddings"] = embeddings.astype(np.int16)
    builder.add_blocks(num_blocks)
    builder.add_layer("head", HEAD_LIMIT)
    context, inner = int(embeddings.shape[0]), expansion * width
    epsilon = norm_epsilon(width)
    config = RecurrentConfig(width, num_blocks, context, inner, epsilon, hashed or {})
    if config.hashed:
        builder.add_hashed("hashed", hashed_step)
    return StoredModel(ARCHITECTURE, config.to_json(), builder.tensors)


class BlockBuilder:
    """Makes the integers of blocks, and of other layers of the network around them.

    Args:
        weights: tensors of the checkpoint, by name.
        width: width of the stream.
        wide: 16-bit activations, not 8-bit ones, whose bound is then stored with each layer.

    Attributes:
        tensors: tensors made so far, by name.
    """

    def __init__(self, weights: Mapping[str, NDArray[Any]], width: int, *, wide: bool) -> None:
        self._weights, self._width, self._wide = weights, width, wide
        self.tensors: dict[str, NDArray[Any]] = {}

    def weight(self, name: str) -> NDArray[Any]:
        """Return a tensor of the checkpoint; raises FormatError where it is missing."""
        weight = self._weights.get(name)
        if weight is None:
            raise FormatError(f"the checkpoint lacks the tensor {name!r}")
        return weight

    def add_blocks(self, num_blocks: int) -> None:
        """Add the layers of all blocks, and the tables that they share."""
        limits = {
            "gates": RESIDUAL_LIMIT,
            "out": RESIDUAL_LIMIT,
            "up": SQUARE_LIMIT,
            "down": RESIDUAL_LIMIT,
        }
        for index in range(num_blocks):
            for name, clip in limits.items():
                self.add_layer(f"blocks.{index}.{name}", clip)
        silu = activation("silu").table
        self.tensors |= {"gate": gate_table(), "silu": silu, "exp2": exp2_table()}

    def add_hashed(self, name: str, step: float) -> None:
        """Add embeddings as 8-bit rows, each with a scale of ``step`` root mean squares."""
        values = self.weight(name).astype(np.float64) * HASH_GAIN / 2.0**-RESIDUAL_BITS
        # Of integers, whose sum is the same in any order.
        lengths = np.sqrt(np.square(np.rint(values)).mean(axis=1))
        scales = np.rint(lengths * step).clip(min=1)
        if float(scales.max()) > MAX_SCALE:
            raise UnsupportedError("a hashed embedding is out of the range of integers")
        rows = np.rint(values / scales[:, None])
        if float(np.abs(rows).max(initial=0)) > NARROW_LIMIT:
            raise UnsupportedError(f"a hashed_step of {step} is too fine for integers of 8 bits")
        rows = rows.astype(np.int8)
        self.tensors |= {f"{name}.rows": rows, f"{name}.scales": scales.astype(np.int16)}

    def add_layer(self, name: str, clip: int) -> None:
        """Add a layer of the network, by its name; ``clip`` bounds its outputs."""
        matrix = quantise_matrix(self.weight(f"{name}.weight"))
        bias = self._weights.get(f"{name}.bias")
        size = matrix.weight.shape[0]
        reals = np.zeros(size) if bias is None else bias.astype(np.float64)
        unit, out_unit = layer_units(name.rpartition(".")[2], self._width)
        try:
            layer = make_linear(
                matrix,
                reals,
                units=np.full(size, unit),
                out_units=np.full(size, out_unit),
                clip=clip,
                wide=self._wide,
            )
        except FormatError as error:
            raise UnsupportedError(f"layer {name!r} can't be made exact: {error}") from None
        self.tensors |= {
            f"{name}.weight": layer.weight,
            f"{name}.multiplier": layer.multiplier,
            f"{name}.bias": layer.bias,
            f"{name}.scale": np.array([layer.limit, layer.shift][not self._wide :], np.int64),
        }


def layer_units(kind: str, width: int) -> tuple[float, float]:
    """Return the real values of an input of 1 with scale 1, and of an output of 1.

    Args:
        kind: kind of the layer: "gates", "out", "up", "down" or "head".
        width: width of the stream.
    """
    normed = float(np.sqrt(float(width)))  # after a norm: a root mean square of 1
    units = {
        "gates": (normed, 2.0**-INPUT_BITS),
        "out": (2.0**-STATE_BITS, 2.0**-RESIDUAL_BITS),
        "up": (normed, 2.0**-SQUARE_BITS),
        "down": (2.0**-SQUARE_BITS, 2.0**-RESIDUAL_BITS),
        "head": (normed, 2.0**-EXP2_BITS / _LOG2_E),
    }
    return units[kind]


def norm_epsilon(width: int) -> int:
    """Return the norms' epsilon as ``exact.Norm`` has it, for rows of ``width``."""
    unit = 2.0**-RESIDUAL_BITS
    return max(int(np.rint(_NORM_EPSILON / unit / unit * width)), 1)


_UNIT = 2.0**-RESIDUAL_BITS
_BIASED = ("gates", "head")


def restore(stored: StoredModel) -> dict[str, NDArray[np.float32]]:
    """Return the tensors that ``convert.build`` makes ``stored`` from, rounded as it has them.

    Raises:
        FormatError: a tensor is missing or damaged.
        UnsupportedError: it is a model of another architecture.
    """
    if stored.architecture != ARCHITECTURE:
        raise UnsupportedError(f"a model of architecture {stored.architecture!r} is not a network")
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
