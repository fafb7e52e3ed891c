"""No float between a table and the payload: numba turns uint64 mixed with int64 into float64."""

from __future__ import annotations

import pytest
from numba import njit, types
from numba.core.dispatcher import Dispatcher

from neurocomp.coding import binary, bits, code_lengths, huffman, registers

U8, U16, U64 = (types.Array(t, 1, "C") for t in (types.uint8, types.uint16, types.uint64))
I32, I32_2D, U64_2D = types.int32[::1], types.int32[:, ::1], types.uint64[:, ::1]
BIT = (U64, U8, types.int64)

SIGNATURES: list[tuple[Dispatcher, tuple[types.Type, ...]]] = [
    (binary.start_encoder, ()),
    (binary.encode_bit, (*BIT, types.int64)),
    (binary.encode_bit, (U64, U8, types.uint16, types.uint8)),
    (binary._shift_out, (U64, U8)),
    (binary._carry, (U8, types.uint64)),
    (binary.encoder_is_full, (U64, U8)),
    (binary.finish_encoder, (U64, U8)),
    (binary.start_decoder, (U8,)),
    (binary.decode_bit, BIT),
    (binary.decoder_is_overrun, (U64, U8)),
    (binary.finish_decoder, (U64, U8)),
    (binary._window, (U8, types.uint64)),
    (binary._ending, (types.uint64, types.uint64)),
    (bits._encode, (U8, U16, U8)),
    (bits._decode, (U8, U16, U8)),
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
    for module in (binary, bits, code_lengths, huffman, registers):
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
