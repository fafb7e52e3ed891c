"""Products of few rows with large 8-bit weights: the form in which a recurrence steps.

Weights are packed so that four inputs of each output lie side by side, which is what a processor's
dot product of bytes takes (AVX-512 VNNI, AVX-VNNI).  With AVX2 two products of bytes are added in
16 bits, and elsewhere bytes are multiplied as 16-bit pairs, from the same layout.  Integers
throughout: all ways give the same sums.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils as _cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

from neurocomp.exact.compiled.lean import lean

TILE = 64
"""Outputs that are worked on at once: weights are padded to whole tiles."""

STRIP = 32
"""Outputs whose weights lie in one piece, so that what a pass over a few of a tile's outputs reads
is read in order: caches fetch ahead then."""

GROUP = 4
"""Inputs of one output that lie side by side."""

OFFSET = 128
"""Activations are held as unsigned bytes, this much larger than they are."""

cgutils: Any = _cgutils
_I8, _I16, _I32 = ir.IntType(8), ir.IntType(16), ir.IntType(32)
_GROUP_BYTES = STRIP * GROUP


def pack(weight: NDArray[np.int8]) -> tuple[NDArray[np.int8], NDArray[np.int32]]:
    """Return weights (N, K) packed, and what the offset of the activations adds to the sums.

    Returns:
        int8, (strips, groups, 32, 4): output ``32 s + i``, input ``4 g + j``; and int32,
        (32 * strips,), 128 times the sum of an output's weights.
    """
    num_outputs, num_inputs = weight.shape
    padded = np.pad(weight, ((0, -num_outputs % TILE), (0, -num_inputs % GROUP)))
    strips, groups = padded.shape[0] // STRIP, padded.shape[1] // GROUP
    packed = padded.reshape(strips, STRIP, groups, GROUP).transpose(0, 2, 1, 3)
    return np.ascontiguousarray(packed), OFFSET * padded.sum(axis=1, dtype=np.int32)


def _make_tile(num_rows: int) -> Any:
    """Return ``tile(rows, stride, weights, num_groups, sums, sums_stride)``.

    Addresses: of uint8 rows ``stride`` bytes apart, of the strips of packed weights of one tile,
    and of int32 sums of 64 outputs, ``sums_stride`` bytes apart; they are written.
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


@dataclass(frozen=True)
class _Form:
    """How a processor multiplies.

    Attributes:
        outputs: of a register.
        registers: of sums that a tile has, of all its rows together: what the processor has, less
            some for inputs and weights.
        accumulate: adds the products of inputs and weights to such a register.
        halves: 2 where sums of even and odd pairs of inputs are kept apart till the end, or 1.
    """

    outputs: int
    registers: int
    accumulate: Callable[[Any, Any, Any, Any], Any]
    halves: int = 1

    @property
    def bytes(self) -> Any:
        return ir.VectorType(_I8, self.outputs * GROUP)

    @property
    def sums(self) -> Any:
        return ir.VectorType(_I32, self.outputs)


def _form_for(features: list[str]) -> _Form:
    """Return the best form for a processor with these features, as LLVM spells them."""
    if "+avx512vnni" in features:
        return _Form(16, 16, _dot_product)
    if "+avxvnni" in features:
        return _Form(8, 8, _dot_product)
    if "+avx2" in features:
        return _Form(8, 8, _add_narrow_pairs)
    return _Form(8, 1, _add_pairs, halves=2)


def _code_generator(num_rows: int) -> Any:
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        form = _form_for(context.codegen().magic_tuple()[2].split(","))
        registers = min(max(form.registers // num_rows, 1), TILE // form.outputs)
        for first in range(0, TILE, registers * form.outputs):
            outputs = range(first, first + registers * form.outputs, form.outputs)
            _generate_part(builder, form, num_rows, outputs, args)
        return context.get_dummy_value()

    return generate


def _generate_part(builder: Any, form: _Form, num_rows: int, outputs: range, args: Any) -> None:
    """Generate a tile's sums for each row: a register of outputs from each of ``outputs`` on."""
    rows, stride, weights, num_groups, sums, sums_stride = args
    word = num_groups.type
    kind = ir.VectorType(_I32, form.outputs * form.halves)
    totals = [[cgutils.alloca_once(builder, kind) for _ in outputs] for _ in range(num_rows)]
    for total in itertools.chain(*totals):
        builder.store(ir.Constant(kind, [0] * kind.count), total)
    strip_bytes = builder.mul(num_groups, ir.Constant(word, _GROUP_BYTES))
    starts = []
    for first in outputs:
        strip = _behind(builder, weights, strip_bytes, first // STRIP)
        starts.append(builder.add(strip, ir.Constant(word, first % STRIP * GROUP)))
    with cgutils.for_range(builder, num_groups) as loop:
        inputs = [
            _broadcast(builder, form, _address(builder, rows, stride, m, loop.index, GROUP))
            for m in range(num_rows)
        ]
        for r, start in enumerate(starts):
            address = _behind(builder, start, loop.index, _GROUP_BYTES)
            pointer = builder.inttoptr(address, form.bytes.as_pointer())
            weight = builder.load(pointer, align=1)
            for m in range(num_rows):
                total = builder.load(totals[m][r])
                total = form.accumulate(builder, total, inputs[m], weight)
                builder.store(total, totals[m][r])
    for m in range(num_rows):
        for r, first in enumerate(outputs):
            total = builder.load(totals[m][r])
            if form.halves == 2:
                total = _add_neighbours(builder, total, form.sums)
            number = ir.Constant(word, first)
            address = _address(builder, sums, sums_stride, m, number, 4)
            builder.store(total, builder.inttoptr(address, form.sums.as_pointer()), align=4)


def _address(builder: Any, base: Any, stride: Any, row: int, index: Any, scale: int) -> Any:
    return _behind(builder, _behind(builder, base, stride, row), index, scale)


def _behind(builder: Any, base: Any, number: Any, size: int) -> Any:
    return builder.add(base, builder.mul(number, ir.Constant(number.type, size)))


def _broadcast(builder: Any, form: _Form, address: Any) -> Any:
    """Load four bytes and repeat them for all outputs of a register."""
    four = builder.load(builder.inttoptr(address, _I32.as_pointer()), align=1)
    undefined = ir.Constant(form.sums, ir.Undefined)
    first = builder.insert_element(undefined, four, _I32(0))
    lanes = ir.Constant(form.sums, [0] * form.outputs)
    return builder.bitcast(builder.shuffle_vector(first, undefined, lanes), form.bytes)


def _call(builder: Any, name: str, result: Any, *args: Any) -> Any:
    kind = ir.FunctionType(result, [argument.type for argument in args])
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), args)


def _dot_product(builder: Any, total: Any, inputs: Any, weight: Any) -> Any:
    name = f"llvm.x86.avx512.vpdpbusd.{32 * total.type.count}"
    left, right = (builder.bitcast(value, total.type) for value in (inputs, weight))
    return _call(builder, name, total.type, total, left, right)


def _add_narrow_pairs(builder: Any, total: Any, inputs: Any, weight: Any) -> Any:
    """Add two products in 16 bits, which would saturate if weights were larger than 64."""
    pairs = ir.VectorType(_I16, 2 * total.type.count)
    halves = _call(builder, "llvm.x86.avx2.pmadd.ub.sw", pairs, inputs, weight)
    ones = ir.Constant(pairs, [1] * pairs.count)
    wide = _call(builder, "llvm.x86.avx2.pmadd.wd", total.type, halves, ones)
    return builder.add(total, wide)


def _add_pairs(builder: Any, total: Any, inputs: Any, weight: Any) -> Any:
    words = ir.VectorType(_I16, inputs.type.count)
    products = ir.VectorType(_I32, inputs.type.count)
    left = builder.sext(builder.zext(inputs, words), products)
    right = builder.sext(builder.sext(weight, words), products)
    return builder.add(total, _add_neighbours(builder, builder.mul(left, right), total.type))


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


@lean
def multiply(rows: NDArray[np.uint8], weight: NDArray[np.int8], sums: NDArray[np.int32]) -> None:
    """Write the sums (M, 32 * strips) of uint8 rows (M, K) and packed weights.

    K may be up to three bytes wider than the weights' inputs; those must have weights of zero.
    """
    num_rows, num_groups = rows.shape[0], weight.shape[1]
    stride, sums_stride = rows.strides[0], sums.strides[0]
    strip_bytes = num_groups * _GROUP_BYTES
    for s in range(0, weight.shape[0], TILE // STRIP):
        weights = weight.ctypes.data + s * strip_bytes
        out = sums.ctypes.data + s * STRIP * 4
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
