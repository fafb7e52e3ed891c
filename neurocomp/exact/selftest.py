"""Does this machine compute exactly?  Worst cases against arbitrary-precision arithmetic."""

from __future__ import annotations

from math import isqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurocomp.exact.attention import Attention
from neurocomp.exact.engine import Engine
from neurocomp.exact.layers import Linear, Norm
from neurocomp.exact.scaling import (
    EXP2_TABLE_BITS,
    NARROW_LIMIT,
    RESIDUAL_LIMIT,
    STRONG_WEIGHT_MAX,
    WEIGHT_MAX,
    WIDE_LIMIT,
)

_WIDTH = 1024
_NUM_OUTPUTS = 20
_ROWS = (1, 2, 16, 33)


def check_engine(engine: Engine[Any]) -> bool:
    """Return whether ``engine`` passes: all products at their bounds, norm, attention, softmax."""
    try:
        return (
            all(
                _linear_is_exact(engine, limit, weight_max)
                for limit in (NARROW_LIMIT, WIDE_LIMIT)
                for weight_max in (WEIGHT_MAX, STRONG_WEIGHT_MAX)
            )
            and _norm_is_exact(engine)
            and _attention_is_exact(engine)
        )
    except (RuntimeError, NotImplementedError):
        # torch says so where a device lacks an operation.
        return False


def _numpy(array: Any) -> NDArray[Any]:
    result: NDArray[Any] = np.asarray(array.cpu() if hasattr(array, "cpu") else array)
    return result


def _extreme_layer(limit: int, weight_max: int) -> Linear:
    """Return a layer whose weights are all of one magnitude, with the signs of their column."""
    weight = np.full((_NUM_OUTPUTS, _WIDTH), weight_max, np.int8)
    weight[:, 1::2] = -weight_max
    weight[1::2] = -weight[1::2]
    weight[2::3, ::3] = 0
    multiplier = np.arange(1, _NUM_OUTPUTS + 1, dtype=np.int64) << 8
    bias = np.arange(-_NUM_OUTPUTS // 2, _NUM_OUTPUTS // 2, dtype=np.int32) << 8
    # 32,639 times 64 or 127 times 1024 would not fit 32 bits: half of the columns count then.
    if limit > NARROW_LIMIT:
        weight[:, _WIDTH // 2 :] = 0
    return Linear(weight, multiplier, bias, limit, shift=40, clip=(1 << 31) - 1)


def _linear_is_exact(engine: Engine[Any], limit: int, weight_max: int) -> bool:
    layer = _extreme_layer(limit, weight_max)
    apply = engine.prepare_linear(layer)
    for num_rows in _ROWS:
        signs = np.where(np.arange(_WIDTH) % 2, -1, 1)
        values = np.outer(np.arange(1, num_rows + 1) << 8, signs).astype(np.int32)
        values[1::2, ::5] >>= 7
        found = _numpy(apply(engine.quantise(engine.put(values), limit)))
        if not np.array_equal(found, _expected_linear(layer, values)):
            return False
    return True


def _expected_linear(layer: Linear, values: NDArray[np.int32]) -> NDArray[np.int64]:
    rows = []
    for row in values:
        largest = int(np.abs(row).max())
        exponent = max(largest.bit_length() - 15, 0)
        mantissa = (largest >> exponent) + 1
        reciprocal = (layer.limit << 46) // (mantissa << exponent)
        quantised = [(int(value) * reciprocal + (1 << 45)) >> 46 for value in row]
        sums = layer.weight.astype(object) @ np.array(quantised, object)
        shift = layer.shift - exponent
        rows.append(
            [
                ((int(total) * mantissa * int(m) + (1 << (shift - 1))) >> shift) + int(b)
                for total, m, b in zip(sums, layer.multiplier, layer.bias, strict=True)
            ]
        )
    expected = np.array(rows, object)
    clipped: NDArray[np.int64] = np.clip(expected, -layer.clip, layer.clip).astype(np.int64)
    return clipped


def _norm_is_exact(engine: Engine[Any]) -> bool:
    norm = Norm(np.full(_WIDTH, 1 << 15, np.int32), 1000, center=False)
    values = np.full((3, _WIDTH), RESIDUAL_LIMIT, np.int32)
    values[1] = 1
    values[2, ::2] = -7
    rows = engine.prepare_norm(norm, NARROW_LIMIT)(engine.put(values))
    # A row of equal magnitudes is its own root mean square: m * 2**e is 2**15 / 32, nearly.
    scales = np.ldexp(_numpy(rows.mantissas).astype(float), _numpy(rows.exponents))
    expected = [_mantissa_of(row, norm.epsilon) for row in values]
    return [int(m) for m in _numpy(rows.mantissas)] == expected and bool((scales > 0).all())


def _mantissa_of(row: NDArray[np.int32], epsilon: int) -> int:
    largest = int(np.abs(row).max()) << 15
    mantissa = (largest >> max(largest.bit_length() - 15, 0)) + 1
    square = sum(int(value) ** 2 for value in row) + epsilon
    doublings = (62 - square.bit_length()) // 2
    quotient = (mantissa << 46) // isqrt(square << (2 * doublings))
    excess = max(quotient.bit_length() - 15, 0)
    return (quotient + ((1 << excess) >> 1)) >> excess


def _attention_is_exact(engine: Engine[Any]) -> bool:
    attention = Attention(2, 1, 64, 1 << 15, 32)
    table = np.full(1024, 1 << EXP2_TABLE_BITS, np.int32) >> (np.arange(1024, dtype=np.int32) >> 9)
    num_steps = 40
    keys = np.full((num_steps, 64), 1 << 20, np.int32)
    keys[::2] = -keys[::2]
    queries = np.full((num_steps, 128), 77, np.int32)
    caches = [engine.cache(attention, 1, num_steps) for _ in range(2)]
    for cache in caches:
        engine.store(engine.put(keys), 0, cache)
    attend = engine.prepare_attention(attention, table)
    found = _numpy(attend(engine.put(queries), caches[0], caches[1], 0))
    # All odd steps are equally near, all even ones out of sight.
    num_seen = np.maximum((np.arange(num_steps) + 1) // 2, 1)
    share = ((1 << 22) * ((32_767 << 40) // (num_seen << 22)) + (1 << 39)) >> 40
    expected = share * num_seen * 32_767
    expected[0] = -expected[0]
    return np.array_equal(found, np.repeat(expected[:, None], 128, 1))
