"""No float between a table and the payload: numba turns uint64 mixed with int64 into float64."""

from __future__ import annotations

import pytest
from numba import njit, types
from numba.core.dispatcher import Dispatcher

from neurocomp.coding import code_lengths, huffman, registers

U8, U64 = (types.Array(t, 1, "C") for t in (types.uint8, types.uint64))
I32, I32_2D, U64_2D = types.int32[::1], types.int32[:, ::1], types.uint64[:, ::1]

SIGNATURES: list[tuple[Dispatcher, tuple[types.Type, ...]]] = [
    (code_lengths.code_lengths, (I32, U64_2D, U8)),
    (code_lengths._sort, (I32, U64, U64)),
    (code_lengths._merge, (U64, U64, U64)),
    (huffman.symbol_code, (U8, types.int64[::1], types.int32)),
    (huffman._encode, (I32, I32_2D, U64_2D, U8, U8, types.int64)),
    (huffman._decode, (I32, I32_2D, U64_2D, U8, U8, types.int64)),
    (registers.follow, (U64, I32, I32_2D)),
]


@pytest.mark.parametrize(
    ("function", "signature"), SIGNATURES, ids=[f.py_func.__name__ for f, _ in SIGNATURES]
)
def test_kernel_is_typed_as_integers(
    function: Dispatcher, signature: tuple[types.Type, ...]
) -> None:
    # Compiled anew: what comes from the cache no longer knows its types.
    compiled = njit(function.py_func)
    compiled.compile(signature)
    typed = compiled.overloads[signature].type_annotation.typemap
    assert typed
    assert not [name for name, kind in typed.items() if "float" in str(kind)]


def test_every_kernel_is_covered() -> None:
    covered = {function for function, _ in SIGNATURES}
    for module in (code_lengths, huffman, registers):
        kernels = {
            value
            for value in vars(module).values()
            if isinstance(value, Dispatcher) and value.py_func.__module__ == module.__name__
        }
        assert kernels <= covered


def test_the_check_sees_floats() -> None:
    halved = njit(lambda a: a / 2)
    halved.compile((types.int64,))
    typed = halved.overloads[(types.int64,)].type_annotation.typemap
    assert any("float" in str(kind) for kind in typed.values())
