"""Real-valued layers to integers.

Only correctly rounded operations, integer sums and maxima are used, each its own step, so that
the same checkpoint gives the same integers on every machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurocomp.errors import UnsupportedError
from neurocomp.exact.layers import Linear, row_sum
from neurocomp.exact.scaling import (
    ACCUMULATOR_LIMIT,
    MANTISSA_BITS,
    MAX_SHIFT,
    MIN_SHIFT,
    MULTIPLIER_MAX,
    NARROW_LIMIT,
    PRODUCT_LIMIT,
    WEIGHT_MAX,
    WIDE_LIMIT,
)

Floats = NDArray[np.floating[Any]]
Doubles = NDArray[np.float64]

GAIN_BITS = 12
"""The largest column gain of a norm is 2**12."""

_SCALE_BITS = 20
_ROWS_AT_ONCE = 2048
_FOLD_BITS = 20


@dataclass(frozen=True, eq=False)
class WeightMatrix:
    """Integers for a real matrix: ``matrix[n, k] = weight[n, k] * scale[n] * gain[k]``, nearly.

    Attributes:
        weight: int8, (N, K), at most 64 or 127 in magnitude.
        scale: float64, (N,).
        gain: int32, (K,): factors that inputs are multiplied with before they are quantised.
    """

    weight: NDArray[np.int8]
    scale: Doubles
    gain: NDArray[np.int32]


def quantise_matrix(
    matrix: Floats,
    columns: Floats | None = None,
    *,
    inputs: Doubles | None = None,
    flat: bool = False,
    weight_max: int = WEIGHT_MAX,
) -> WeightMatrix:
    """Return integers for ``matrix * columns``.

    Where ``columns`` are given, the inputs come from a norm, whose gains can balance the columns:
    each is divided by its largest weight, so that the steps of the integers suit all columns, and
    a column with outliers in its inputs gets weights as fine as the others.  With the largest
    ``inputs`` known, it is divided by the root of what weights are over what inputs are, which
    leaves both equally easy to round (G. Xiao et al., SmoothQuant, 2023, alpha 1/2).  A ``flat``
    matrix is rounded without ``columns``, which suits one that is an embedding as well.

    Args:
        matrix: (N, K), float16 to float64; read in pieces of rows.
        columns: (K,), factors of the columns; None for inputs that are taken as they are.
        inputs: (K,), positive: the largest that each column of the norm has, before ``columns``.
        flat: leave ``columns`` to the gains.
        weight_max: bound of the integers.
    """
    num_outputs, num_inputs = matrix.shape
    gain = np.ones(num_inputs, np.int32)
    factors = np.ones(num_inputs)
    if columns is not None:
        factors = np.asarray(columns, np.float64)
        largest = np.zeros(num_inputs) if not flat else np.ones(num_inputs)
        for rows in _pieces(matrix) if not flat else ():
            np.maximum(largest, np.abs(rows).max(axis=0), out=largest)
        largest *= np.abs(factors)
        if inputs is not None and not flat:
            largest = np.sqrt(largest / inputs)
        top = float(largest.max()) or 1.0
        gain = np.maximum(np.rint(largest / top * (1 << GAIN_BITS)), 1).astype(np.int32)
    weight = np.empty((num_outputs, num_inputs), np.int8)
    scale = np.empty(num_outputs)
    start = 0
    for rows in _pieces(matrix):
        balanced = rows * factors / gain
        steps = np.abs(balanced).max(axis=1) / weight_max
        steps[steps == 0] = 1
        stop = start + len(rows)
        weight[start:stop] = np.rint(balanced / steps[:, None])
        scale[start:stop] = steps
        start = stop
    return WeightMatrix(weight, scale, gain)


def fold_shift(matrix: Floats, shift: Floats) -> Doubles:
    """Return ``matrix @ shift`` (N,), the part of a norm's shift in the bias, in integer sums.

    Raises:
        UnsupportedError: values are too large.
    """
    unit = float(1 << _FOLD_BITS)
    columns = np.rint(np.asarray(shift, np.float64) * unit)
    top = float(np.abs(columns).max()) * len(columns)
    sums = []
    for rows in _pieces(matrix):
        fixed = np.rint(rows * unit)
        if float(np.abs(fixed).max()) * top >= 2.0**62:
            raise UnsupportedError("the weights of a layer are too large to be made integers")
        sums.append((fixed.astype(np.int64) @ columns.astype(np.int64)).astype(np.float64))
    return np.concatenate(sums) / (unit * unit)


def make_linear(
    matrix: WeightMatrix,
    bias: Doubles,
    *,
    units: Doubles,
    out_units: Doubles,
    clip: int,
    wide: bool,
) -> Linear:
    """Return the exact layer.

    Args:
        matrix: its weights.
        bias: (N,).
        units: (N,), real value of an input of 1 with scale 1, for each output.
        out_units: (N,), real value of an output of 1.
        clip: bound of the outputs.
        wide: 16-bit activations, not 8-bit ones.

    Raises:
        UnsupportedError: the weights are out of the range of integers.
    """
    reach = row_sum(matrix.weight)
    limit = min(WIDE_LIMIT if wide else NARROW_LIMIT, (ACCUMULATOR_LIMIT - 1) // max(reach, 1))
    ratios = matrix.scale * units / out_units / limit
    room = min(PRODUCT_LIMIT // max(limit * reach << MANTISSA_BITS, 1), MULTIPLIER_MAX)
    top = float(ratios.max())
    if np.rint(np.ldexp(top, MIN_SHIFT)) > room:
        largest = float((matrix.scale * np.abs(matrix.weight).max(axis=1)).max())
        raise UnsupportedError(
            f"its weights reach {largest:.3g}, which is too large for its integers"
        )
    shift = MIN_SHIFT
    while shift < MAX_SHIFT and np.rint(np.ldexp(top, shift + 1)) <= room:
        shift += 1
    multiplier = np.rint(np.ldexp(ratios, shift)).astype(np.int64)
    whole_bias = np.clip(np.rint(bias / out_units), -clip, clip).astype(np.int32)
    return Linear(matrix.weight, multiplier, whole_bias, limit, shift, clip)


def embedding_scales(
    rows: Doubles, columns: Doubles, fraction_bits: int
) -> tuple[NDArray[np.int32], NDArray[np.int32], int]:
    """Return integer scales of rows (V,) and columns (K,) of an ``exact.Embedding``, and its shift.

    Args:
        rows, columns: real scales that the 8-bit integers of the embedding are multiplied with.
        fraction_bits: fraction bits of the vectors.

    Raises:
        UnsupportedError: they are out of the range of integers.
    """
    row_bits = _SCALE_BITS - floor_log2(float(rows.max()))
    column_bits = _SCALE_BITS - floor_log2(float(np.abs(columns).max()))
    shift = row_bits + column_bits - fraction_bits
    if not 1 <= shift <= 61:
        raise UnsupportedError("the embedding is out of the range of integers")
    whole_rows = np.rint(np.ldexp(rows, row_bits)).astype(np.int32)
    whole_columns = np.rint(np.ldexp(columns, column_bits)).astype(np.int32)
    return whole_rows, whole_columns, shift


def reach_of_outputs(matrix: WeightMatrix, bias: Doubles, size: float = 1.0) -> Doubles:
    """Return bounds (N,) of a layer's outputs, by the Cauchy-Schwarz inequality.

    A normalised row has length sqrt(K) at most, so an output is within sqrt(K) times the length of
    its weights.  ``size`` is the largest root mean square of other rows.
    """
    scaled = matrix.weight.astype(np.int64) * matrix.gain.astype(np.int64)
    lengths = np.sqrt((scaled * scaled).sum(axis=1).astype(np.float64) * matrix.weight.shape[1])
    bounds: Doubles = np.abs(bias) + matrix.scale * lengths * size
    return bounds


def floor_log2(value: float) -> int:
    """Return the largest e with 2**e <= ``value``, for ``value`` > 0."""
    return int(np.frexp(value)[1]) - 1


def _pieces(matrix: Floats) -> Iterator[Doubles]:
    for start in range(0, matrix.shape[0], _ROWS_AT_ONCE):
        yield np.asarray(matrix[start : start + _ROWS_AT_ONCE], np.float64)
