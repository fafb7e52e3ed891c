"""From the real-valued parts of a transformer to its stored integers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurocomp.errors import FormatError, UnsupportedError
from neurocomp.exact.attention import Attention
from neurocomp.exact.layers import Linear
from neurocomp.exact.scaling import (
    ATTENTION_ONE,
    BYTE_LIMIT,
    EXP2_BITS,
    KEY_LIMIT,
    MAX_SHIFT,
    MIN_SHIFT,
    RESIDUAL_LIMIT,
    SCORE_SHIFT,
)
from neurocomp.exact.tables import (
    INPUT_BITS,
    OUTPUT_BITS,
    activation,
    exp2_table,
    rotation_tables,
    turn_tables,
)
from neurocomp.exact.window import WindowAttention
from neurocomp.models.common.quantise import (
    Doubles,
    Floats,
    WeightMatrix,
    embedding_scales,
    floor_log2,
    fold_shift,
    make_linear,
    quantise_matrix,
    reach_of_outputs,
)
from neurocomp.models.transformer.head_norms import exact_head_norm, reach_of_head
from neurocomp.models.transformer.parts import ROTATING
from neurocomp.models.transformer.real import RealBlock, RealLinear, RealModel, RealNorm
from neurocomp.models.transformer.rounding import Rounding
from neurocomp.store.stored import StoredModel

LAST_NORM = "last_norm"
"""The norm before the head."""

_HEAD_CLIP = 1 << 30
"""Bound of logits; where it is one, the symbol has no weight beside any other."""

QUERY_BITS = 10
_LOG2_E = 1.4426950408889634


LayerName = str
Narrow = frozenset[LayerName]
"""Names of the layers whose activations have 8 bits."""


class Builder:
    """Makes the integers of a model once, and stores them under any choice of activations.

    Args:
        real: model in real numbers.
        architecture: name under which it is stored.
        rounding: rule by which values become integers.

    Raises:
        UnsupportedError: a value is out of the range that integers can express.
    """

    def __init__(
        self, real: RealModel, architecture: str, rounding: Rounding | None = None
    ) -> None:
        self._architecture = architecture
        self._rounding = rounding or Rounding()
        self._real_epsilon = real.epsilon
        self._residual_unit = 2.0**-self._rounding.residual_bits
        self._tensors: dict[str, NDArray[Any]] = dict(real.extra)
        self._layers: dict[LayerName, Callable[[bool], Linear]] = {}
        self._units: dict[str, float] = {}
        is_raw = real.config.norms_outputs
        # Bound of the root mean square of what blocks read: rows of a norm, or the stream as it is.
        self._input_reach = float(np.abs(real.embedding).max()) if is_raw else 1.0
        width = real.config.width
        unit = self._residual_unit
        epsilon = max(int(np.rint(real.epsilon / unit / unit * width)), 1)
        self._config = replace(real.config, epsilon=epsilon)
        for index in range(real.config.num_layers):
            self._add_block(f"blocks.{index}.", real.block(index))
        self._add_head(real)
        self._tensors["activation"] = activation(real.config.activation).table
        self._tensors["exp2"] = exp2_table()
        if real.config.sinks:
            self._tensors["turns"] = turn_tables(real.angles)
        elif real.config.rotary:
            cosines, sines = rotation_tables(
                real.config.context, real.config.head_width, real.rope_base
            )
            self._tensors |= {"rotation.cosines": cosines, "rotation.sines": sines}
        if real.unrotated:
            rotating = [index not in real.unrotated for index in range(real.config.num_layers)]
            self._tensors[ROTATING] = np.array(rotating, np.uint8)

    @property
    def layer_names(self) -> list[LayerName]:
        """Names of the linear layers in the order in which a network prepares them."""
        return list(self._layers)

    @property
    def output_units(self) -> dict[str, float]:
        """What a one stands for of outputs whose maxima `Rounding` takes, by the same names."""
        return dict(self._units)

    def stored(self, narrow: Narrow = frozenset()) -> StoredModel:
        """Return the model with 8-bit activations in the layers ``narrow``."""
        tensors = dict(self._tensors)
        for name, make in self._layers.items():
            try:
                layer = make(name not in narrow)
            except FormatError as error:
                raise UnsupportedError(f"layer {name!r} can't be made exact: {error}") from None
            scale = np.array([layer.limit, layer.shift, layer.clip], np.int64)
            tensors |= {
                f"{name}.weight": layer.weight,
                f"{name}.multiplier": layer.multiplier,
                f"{name}.bias": layer.bias,
                f"{name}.scale": scale,
            }
        return StoredModel(self._architecture, self._config.to_json(), tensors)

    def _add_block(self, prefix: str, real: RealBlock) -> None:
        config = self._config
        self._add_attention(prefix, real)
        unit = 2.0**-OUTPUT_BITS
        outs = np.full(real.inner_in.matrix.shape[0], 2.0**-INPUT_BITS)
        if config.gated:
            # Values are finer than gates: products keep the resolution of activations.
            outs[config.inner_width :] = unit
        matrix, bias, in_unit = self._reading(prefix + "inner_norm", real.inner_norm, real.inner_in)
        self._add_layer(prefix + "inner_in", matrix, bias, in_unit, outs, RESIDUAL_LIMIT)
        self._add_output(prefix + "inner_out", real.inner_out, unit, real.inner_norm)

    def _add_attention(self, prefix: str, real: RealBlock) -> None:
        config = self._config
        matrix, bias, in_unit = self._reading(
            prefix + "attention_norm", real.attention_norm, real.query_key_value
        )
        bounds = reach_of_outputs(matrix, bias, self._input_reach)
        query_end, key_end = config.query_width, config.query_width + config.key_width
        queries, keys, values = slice(query_end), slice(query_end, key_end), slice(key_end, None)
        query_reach, found_reach, value_reach = (
            self._rounding.reach(prefix + part, float(bounds[columns].max()))
            for part, columns in (("query", queries), ("key", keys), ("value", values))
        )
        key_reach = found_reach if real.key_norm is None else reach_of_head(real.key_norm)
        # Rotation mixes pairs of columns, which lengthens them by sqrt(2) at most.
        key_bits, value_bits = (
            floor_log2(KEY_LIMIT / (1.5 * max(one, 2.0**-16))) for one in (key_reach, value_reach)
        )
        outs = np.full(bias.size, 2.0**-QUERY_BITS)
        outs[keys] = 2.0**-key_bits
        for part, reach, columns, scales, bits in (
            ("query", query_reach, queries, real.query_norm, QUERY_BITS),
            ("key", found_reach, keys, real.key_norm, key_bits),
        ):
            if scales is not None:
                unit = self._rounding.head_unit(reach, is_whole=config.norms_together)
                outs[columns] = unit
                self._add_head_norm(f"{prefix}{part}_norm", scales, unit, bits)
        outs[values] = 2.0**-value_bits
        firsts = {"query": 0, "key": query_end, "value": key_end}
        self._units |= {prefix + part: float(outs[first]) for part, first in firsts.items()}
        self._add_layer(f"{prefix}query_key_value", matrix, bias, in_unit, outs, RESIDUAL_LIMIT)
        shape = (config.num_heads, config.num_key_heads, config.head_width)
        kind = WindowAttention if config.sinks else Attention
        limit = kind(*shape, 1, MIN_SHIFT).query_limit
        step = real.score_scale * _LOG2_E * 2.0 ** (EXP2_BITS - QUERY_BITS - key_bits) / limit
        if config.sinks:
            step *= 2.0**SCORE_SHIFT / BYTE_LIMIT
        shift = 14 - floor_log2(step)
        if not MIN_SHIFT <= shift <= MAX_SHIFT:
            raise UnsupportedError(f"the scores of {prefix}attention are out of range")
        scale = (int(np.rint(np.ldexp(step, shift))), shift)
        kind(*shape, *scale)
        self._tensors[prefix + "attention.scale"] = np.array(scale, np.int64)
        unit = 2.0**-value_bits / ATTENTION_ONE
        self._add_output(prefix + "attention_out", real.attention_out, unit, real.attention_norm)

    def _add_head_norm(self, name: str, scales: Floats, unit: float, bits: int) -> None:
        """Add a norm from heads in that unit to heads with so many fraction bits."""
        try:
            norm = exact_head_norm(scales, self._real_epsilon, unit, bits)
        except FormatError as error:
            raise UnsupportedError(f"norm {name!r} can't be made exact: {error}") from None
        self._tensors |= {
            f"{name}.gain": norm.gain,
            f"{name}.scale": np.array([norm.epsilon, norm.shift], np.int64),
        }

    def _add_head(self, real: RealModel) -> None:
        head = real.embedding if real.head is None else real.head
        layer = RealLinear(head, None)
        matrix, bias = self._normed(LAST_NORM, real.last_norm, layer)
        outs = np.full(bias.size, 2.0**-EXP2_BITS / _LOG2_E)
        unit = self._norm_unit(matrix)
        self._add_layer("head", matrix, bias, unit, outs, _HEAD_CLIP, silent=real.silent)
        scales = np.asarray(real.last_norm.scale, np.float64)
        tied = real.head is None and bool((scales != 0).all())
        if tied:
            columns = matrix.gain / scales
        else:
            matrix = quantise_matrix(real.embedding, weight_max=self._rounding.weight_max)
            columns = np.ones(len(scales))
            self._tensors["embedding.weight"] = matrix.weight
        row_scales, column_scales, shift = embedding_scales(
            matrix.scale, columns, self._rounding.residual_bits
        )
        self._tensors |= {"embedding.rows": row_scales, "embedding.columns": column_scales}
        self._config = replace(self._config, tied=tied, embedding_shift=shift)
        if real.positions is not None:
            positions = np.rint(np.asarray(real.positions, np.float64) / self._residual_unit)
            whole = np.clip(positions, -RESIDUAL_LIMIT, RESIDUAL_LIMIT).astype(np.int32)
            is_short = int(np.abs(whole).max()) < 1 << 15
            self._tensors["positions"] = whole.astype(np.int16) if is_short else whole

    def _normed(self, name: str, norm: RealNorm, layer: RealLinear) -> tuple[WeightMatrix, Doubles]:
        """Return a layer after a norm with the norm's scale and shift in it."""
        matrix = quantise_matrix(
            layer.matrix,
            norm.scale,
            inputs=self._rounding.input_maxima.get(name),
            flat=self._rounding.has_flat_head and name == LAST_NORM,
            weight_max=self._rounding.weight_max,
        )
        bias = _bias(layer)
        if norm.shift is not None:
            bias = bias + fold_shift(layer.matrix, norm.shift)
        self._tensors[f"{name}.gain"] = matrix.gain
        return matrix, bias

    def _norm_unit(self, matrix: WeightMatrix) -> float:
        return float(np.sqrt(float(matrix.gain.size)))

    def _reading(
        self, norm_name: str, norm: RealNorm, layer: RealLinear
    ) -> tuple[WeightMatrix, Doubles, float]:
        """Return a layer that reads the stream, and the unit of its inputs."""
        if self._config.norms_outputs:
            matrix = quantise_matrix(layer.matrix, weight_max=self._rounding.weight_max)
            return matrix, _bias(layer), self._residual_unit
        matrix, bias = self._normed(norm_name, norm, layer)
        return matrix, bias, self._norm_unit(matrix)

    def _add_output(self, name: str, layer: RealLinear, unit: float, norm: RealNorm) -> None:
        """Add a layer from fixed point to the stream, with its norm if outputs are normalised."""
        matrix = quantise_matrix(layer.matrix, weight_max=self._rounding.weight_max)
        out_unit = self._residual_unit
        if self._config.norms_outputs:
            out_unit = self._units[name] = self._rounding.output_unit(name)
            self._add_head_norm(f"{name}_norm", norm.scale, out_unit, self._rounding.residual_bits)
            self._input_reach += float(np.abs(norm.scale).max())
        outs = np.full(layer.matrix.shape[0], out_unit)
        self._add_layer(name, matrix, _bias(layer), unit, outs, RESIDUAL_LIMIT)

    def _add_layer(
        self,
        name: str,
        matrix: WeightMatrix,
        bias: Doubles,
        unit: float,
        outs: Doubles,
        clip: int,
        *,
        silent: tuple[int, ...] = (),
    ) -> None:
        units = np.full(bias.size, unit)

        def make(wide: bool) -> Linear:
            layer = make_linear(matrix, bias, units=units, out_units=outs, clip=clip, wide=wide)
            if not silent:
                return layer
            multiplier, whole_bias = layer.multiplier.copy(), layer.bias.copy()
            multiplier[list(silent)], whole_bias[list(silent)] = 0, -clip
            return replace(layer, multiplier=multiplier, bias=whole_bias)

        self._layers[name] = make


def _bias(layer: RealLinear) -> Doubles:
    if layer.bias is None:
        return np.zeros(layer.matrix.shape[0])
    return np.asarray(layer.bias, np.float64)
