"""Products of integer matrices by torch, each route with its own reason to be exact."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor

from neurocomp.exact.layers import Linear, row_sum

FLOAT32_LIMIT = 1 << 24
_MIN_CUDA_ROWS = 32
_CUDA_MULTIPLE = 16

Product = Callable[[Tensor], Tensor]
"""From int16 (M, K) to int64 (M, N)."""


def make_product(route: str, layer: Linear, device: str) -> Product:
    """Return the product with the transposed weight of ``layer`` by a route.

    Args:
        route: "int8", "float32" or "float64".
        layer: layer with the weights and the bound of its inputs.
        device: device of the products.
    """
    weight = torch.from_numpy(np.array(layer.weight)).to(device)
    if route == "int8" and device == "cpu" and layer.is_strong:
        # A CPU may add two products of bytes in 16 bits, which these would overflow.
        route = "float32"
    if route == "int8":
        padded, num_columns = pad_weight(weight), weight.shape[0]
        if layer.is_narrow:
            return lambda rows: _int8_product(rows, padded, num_columns)
        return lambda rows: _in_halves(lambda half: _int8_product(half, padded, num_columns), rows)
    if route == "float64":
        # 32,639 * 127 * K stays below 2**53 for every K that fits memory.
        return lambda rows: _float_product(rows, weight, torch.float64)
    whole_sum = row_sum(layer.weight)
    if layer.limit * whole_sum < FLOAT32_LIMIT:
        return lambda rows: _float_product(rows, weight, torch.float32)
    if 128 * whole_sum < FLOAT32_LIMIT:
        return lambda rows: _in_halves(
            lambda half: _float_product(half, weight, torch.float32), rows
        )
    return lambda rows: _float_product(rows, weight, torch.float64)


def split_halves(rows: Tensor) -> tuple[Tensor, Tensor]:
    """Return integers up to 32,639 as high and low: ``256 * high + low``, -128 <= each <= 127."""
    wide = rows.to(torch.int32)
    high = torch.bitwise_right_shift(wide + 128, 8)
    return high.to(torch.int8), (wide - high * 256).to(torch.int8)


def _in_halves(product: Product, rows: Tensor) -> Tensor:
    num_rows = rows.shape[0]
    both = product(torch.cat(split_halves(rows)))
    return both[:num_rows] * 256 + both[num_rows:]


def _float_product(rows: Tensor, weight: Tensor, dtype: torch.dtype) -> Tensor:
    # The weight is widened for the product only: what stays in memory has 8 bits.
    with _full_precision():
        return (rows.to(dtype) @ weight.to(dtype).t()).to(torch.int64)


@contextmanager
def _full_precision() -> Iterator[None]:
    """Keep torch from multiplying float32 in fewer bits: TF32 on CUDA, bfloat16 on some CPUs."""
    before = torch.get_float32_matmul_precision()
    if before == "highest":
        yield
        return
    torch.set_float32_matmul_precision("highest")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)


def pad_weight(weight: Tensor) -> Tensor:
    """Return an int8 weight (N, K) transposed, (K', N'): multiples of 16, as CUDA wants them."""
    padded = torch.nn.functional.pad(
        weight, (0, -weight.shape[1] % _CUDA_MULTIPLE, 0, -weight.shape[0] % _CUDA_MULTIPLE)
    )
    return padded.contiguous().t()


def pad_rows(rows: Tensor, num_inputs: int) -> Tensor:
    """Return int8 rows (M, K) as (M', K'): at least 32 rows, a multiple of 16; K' = num_inputs."""
    num_rows = max(rows.shape[0] + -rows.shape[0] % _CUDA_MULTIPLE, _MIN_CUDA_ROWS)
    return torch.nn.functional.pad(
        rows, (0, num_inputs - rows.shape[1], 0, num_rows - rows.shape[0])
    )


def _int8_product(rows: Tensor, padded_weight: Tensor, num_columns: int) -> Tensor:
    """Multiply rows up to 128 in magnitude with a weight from ``pad_weight``."""
    num_rows = rows.shape[0]
    padded = pad_rows(rows.to(torch.int8), padded_weight.shape[0])
    return torch._int_mm(padded, padded_weight)[:num_rows, :num_columns].to(torch.int64)
