"""Products of few rows with large 8-bit weights: the form in which a recurrence steps.

Weights are packed so that a vector register holds four inputs of each of sixteen outputs, which
is what a processor's dot product of bytes takes (AVX-512 VNNI); elsewhere the same layout is
multiplied as 16-bit pairs.  Integers throughout: both ways give the same sums.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils as _cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

OUTPUTS = 16
"""Outputs of a vector register."""

GROUP = 4
"""Inputs of one output in it."""

STRIP = 4
"""Registers of outputs that a tile works on: weights are padded to whole strips."""

OFFSET = 128
"""Activations are held as unsigned bytes, this much larger than they are."""

cgutils: Any = _cgutils
_I8, _I16, _I32 = ir.IntType(8), ir.IntType(16), ir.IntType(32)
_BYTES = ir.VectorType(_I8, OUTPUTS * GROUP)
_WORDS = ir.VectorType(_I16, OUTPUTS * GROUP)
_PRODUCTS = ir.VectorType(_I32, OUTPUTS * GROUP)
_PAIRS = ir.VectorType(_I32, OUTPUTS * GROUP // 2)
_SUMS = ir.VectorType(_I32, OUTPUTS)
_DOT_PRODUCT = "llvm.x86.avx512.vpdpbusd.512"
_TILE_BYTES = STRIP * OUTPUTS * GROUP


def pack(weight: NDArray[np.int8]) -> tuple[NDArray[np.int8], NDArray[np.int32]]:
    """Return weights (N, K) packed, and what the offset of the activations adds to the sums.

    Returns:
        int8, (strips, groups, 4, 16, 4): output ``64 s + 16 r + i``, input ``4 g + j``; and int32,
        (64 * strips,), 128 times the sum of an output's weights.
    """
    num_outputs, num_inputs = weight.shape
    width = STRIP * OUTPUTS
    padded = np.pad(weight, ((0, -num_outputs % width), (0, -num_inputs % GROUP)))
    strips, groups = padded.shape[0] // width, padded.shape[1] // GROUP
    packed = padded.reshape(strips, STRIP, OUTPUTS, groups, GROUP).transpose(0, 3, 1, 2, 4)
    return np.ascontiguousarray(packed), OFFSET * padded.sum(axis=1, dtype=np.int32)


def _make_tile(num_rows: int) -> Any:
    """Return ``tile(rows, stride, weights, num_groups, sums, sums_stride)``.

    Addresses: of uint8 rows ``stride`` bytes apart, of one strip of packed weights, and of int32
    sums of 64 outputs, ``sums_stride`` bytes apart; they are written.
    """

    @intrinsic
    def tile(
        typing_context: Any,
        rows: Any,
        stride: Any,
        weights: Any,
        num_groups: Any,
        sums: Any,
        sums_stride: Any,
    ) -> tuple[Any, Any]:
        signature = types.void(*[types.intp] * 6)
        return signature, _code_generator(num_rows)

    return tile


def _code_generator(num_rows: int) -> Any:
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        rows, stride, weights, num_groups, sums, sums_stride = args
        word = num_groups.type
        has_dot_product = "+avx512vnni" in context.codegen().magic_tuple()[2]
        kind = _SUMS if has_dot_product else _PAIRS
        accumulate = _dot_product if has_dot_product else _add_pairs
        zero = ir.Constant(kind, [0] * kind.count)
        totals = [
            [cgutils.alloca_once_value(builder, zero) for _ in range(STRIP)]
            for _ in range(num_rows)
        ]
        with cgutils.for_range(builder, num_groups) as loop:
            inputs = [
                _broadcast(builder, _address(builder, rows, stride, m, loop.index, GROUP))
                for m in range(num_rows)
            ]
            for r in range(STRIP):
                offset = ir.Constant(word, r * OUTPUTS * GROUP)
                place = builder.add(builder.mul(loop.index, ir.Constant(word, _TILE_BYTES)), offset)
                pointer = builder.inttoptr(builder.add(weights, place), _BYTES.as_pointer())
                weight = builder.load(pointer, align=1)
                for m in range(num_rows):
                    total = builder.load(totals[m][r])
                    builder.store(accumulate(builder, total, inputs[m], weight), totals[m][r])
        for m in range(num_rows):
            for r in range(STRIP):
                total = builder.load(totals[m][r])
                if not has_dot_product:
                    total = _add_neighbours(builder, total, _SUMS)
                number = ir.Constant(word, r * OUTPUTS)
                address = _address(builder, sums, sums_stride, m, number, 4)
                builder.store(total, builder.inttoptr(address, _SUMS.as_pointer()), align=4)
        return context.get_dummy_value()

    return generate


def _address(builder: Any, base: Any, stride: Any, row: int, index: Any, scale: int) -> Any:
    row_start = builder.add(base, builder.mul(stride, ir.Constant(stride.type, row)))
    return builder.add(row_start, builder.mul(index, ir.Constant(index.type, scale)))


def _broadcast(builder: Any, address: Any) -> Any:
    """Load four bytes and repeat them for all outputs of a register: 64 bytes."""
    four = builder.load(builder.inttoptr(address, _I32.as_pointer()), align=1)
    first = builder.insert_element(ir.Constant(_SUMS, ir.Undefined), four, _I32(0))
    lanes = ir.Constant(_SUMS, [0] * OUTPUTS)
    return builder.shuffle_vector(first, ir.Constant(_SUMS, ir.Undefined), lanes)


def _dot_product(builder: Any, total: Any, inputs: Any, weight: Any) -> Any:
    function = cgutils.get_or_insert_function(
        builder.module, ir.FunctionType(_SUMS, [_SUMS, _SUMS, _SUMS]), _DOT_PRODUCT
    )
    return builder.call(function, [total, inputs, builder.bitcast(weight, _SUMS)])


def _add_pairs(builder: Any, total: Any, inputs: Any, weight: Any) -> Any:
    left = builder.sext(builder.zext(builder.bitcast(inputs, _BYTES), _WORDS), _PRODUCTS)
    products = builder.mul(left, builder.sext(builder.sext(weight, _WORDS), _PRODUCTS))
    return builder.add(total, _add_neighbours(builder, products, _PAIRS))


def _add_neighbours(builder: Any, vector: Any, result: Any) -> Any:
    undefined = ir.Constant(vector.type, ir.Undefined)
    halves = [
        builder.shuffle_vector(
            vector,
            undefined,
            ir.Constant(ir.VectorType(_I32, result.count), list(range(i, vector.type.count, 2))),
        )
        for i in (0, 1)
    ]
    return builder.add(*halves)


_tile_of_one = _make_tile(1)
_tile_of_two = _make_tile(2)
_tile_of_four = _make_tile(4)


@njit(cache=True, nogil=True)
def multiply(rows: NDArray[np.uint8], weight: NDArray[np.int8], sums: NDArray[np.int32]) -> None:
    """Write the sums (M, 64 * strips) of uint8 rows (M, K) and packed weights.

    K may be up to three bytes wider than the weights' inputs; those must have weights of zero.
    """
    num_rows, num_groups = rows.shape[0], weight.shape[1]
    stride, sums_stride = rows.strides[0], sums.strides[0]
    strip_bytes = num_groups * _TILE_BYTES
    for s in range(weight.shape[0]):
        weights = weight.ctypes.data + s * strip_bytes
        out = sums.ctypes.data + s * STRIP * OUTPUTS * 4
        m = 0
        while m < num_rows:
            left, right = rows.ctypes.data + m * stride, out + m * sums_stride
            if m + 4 <= num_rows:
                _tile_of_four(left, stride, weights, num_groups, right, sums_stride)
                m += 4
            elif m + 2 <= num_rows:
                _tile_of_two(left, stride, weights, num_groups, right, sums_stride)
                m += 2
            else:
                _tile_of_one(left, stride, weights, num_groups, right, sums_stride)
                m += 1
