"""Inner products of small tiles of 16-bit and 8-bit integers, as vector instructions.

The loop is written as LLVM vectors, because from scalar code the compiler does not find the
instruction that multiplies 16-bit pairs and adds neighbours (pmaddwd, smlal and their kin).
The same code is compiled for any processor: it names no instruction.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils as _cgutils
from numba.extending import intrinsic

CHUNK = 16
"""Products that one turn of the loop takes: rows are padded with zeros to a multiple."""

TILE_COLUMNS = 4
"""Rows of the weight that a tile takes: weights are padded with rows of zeros to a multiple."""

cgutils: Any = _cgutils
_I8, _I16, _I32 = ir.IntType(8), ir.IntType(16), ir.IntType(32)
_PRODUCTS = ir.VectorType(_I32, CHUNK)
_SUMS = ir.VectorType(_I32, CHUNK // 2)


def _make_tile(num_rows: int) -> Any:
    """Return ``tile(rows, weights, size, out)`` for a tile of ``num_rows`` activations.

    All arguments are integers: the address of int16 (num_rows, size), of int8 (4, size), size,
    and of int32 (num_rows, 4).  ``size`` is a multiple of 16.  Sums wrap at 32 bits; callers know
    that they don't reach that far.
    """

    @intrinsic
    def tile(typing_context: Any, rows: Any, weights: Any, size: Any, out: Any) -> tuple[Any, Any]:
        signature = types.void(types.intp, types.intp, types.intp, types.intp)
        return signature, _code_generator(num_rows)

    return tile


def _code_generator(num_rows: int) -> Any:
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        rows, weights, size, out = args
        zero = ir.Constant(_SUMS, [0] * (CHUNK // 2))
        sums = [
            [cgutils.alloca_once_value(builder, zero) for _ in range(TILE_COLUMNS)]
            for _ in range(num_rows)
        ]
        step = ir.Constant(size.type, CHUNK)
        with cgutils.for_range_slice(builder, ir.Constant(size.type, 0), size, step) as (k, _):
            left = [_load(builder, rows, size, i, k, _I16) for i in range(num_rows)]
            right = [_load(builder, weights, size, j, k, _I8) for j in range(TILE_COLUMNS)]
            for i in range(num_rows):
                for j in range(TILE_COLUMNS):
                    pairs = _add_neighbours(builder, builder.mul(left[i], right[j]))
                    total = builder.add(builder.load(sums[i][j]), pairs)
                    builder.store(total, sums[i][j])
        for i in range(num_rows):
            for j in range(TILE_COLUMNS):
                offset = ir.Constant(out.type, (i * TILE_COLUMNS + j) * 4)
                target = builder.inttoptr(builder.add(out, offset), _I32.as_pointer())
                builder.store(_add_all(builder, builder.load(sums[i][j])), target, align=4)
        return context.get_dummy_value()

    return generate


def _load(builder: Any, base: Any, size: Any, row: int, k: Any, element: Any) -> Any:
    """Load 16 elements of ``row`` from column ``k``, widened to 32 bits."""
    width = element.width // 8
    index = builder.add(builder.mul(size, ir.Constant(size.type, row)), k)
    address = builder.add(base, builder.mul(index, ir.Constant(size.type, width)))
    pointer = builder.inttoptr(address, ir.VectorType(element, CHUNK).as_pointer())
    return builder.sext(builder.load(pointer, align=width), _PRODUCTS)


def _add_neighbours(builder: Any, products: Any) -> Any:
    undefined = ir.Constant(_PRODUCTS, ir.Undefined)
    halves = [
        builder.shuffle_vector(products, undefined, ir.Constant(_SUMS, list(range(i, CHUNK, 2))))
        for i in (0, 1)
    ]
    return builder.add(*halves)


def _add_all(builder: Any, vector: Any) -> Any:
    total = builder.extract_element(vector, _I32(0))
    for i in range(1, CHUNK // 2):
        total = builder.add(total, builder.extract_element(vector, _I32(i)))
    return total


tile_of_one = _make_tile(1)
tile_of_two = _make_tile(2)
