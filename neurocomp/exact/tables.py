"""Look-up tables of functions, made by correctly rounded decimal arithmetic.

A model stores its tables; nothing here runs where a model is used.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext
from functools import cache

import numpy as np
from numpy.typing import NDArray

from neurocomp import _core
from neurocomp.errors import FormatError
from neurocomp.exact.scaling import EXP2_BITS, EXP2_TABLE_BITS, TURN_BITS, TURN_POSITIONS

INPUT_BITS = 10
"""Fraction bits of what goes into an activation."""

OUTPUT_BITS = 12
"""Fraction bits of what comes out."""

GATE_BITS = 16
"""Fraction bits of the gates of a recurrence, which may stay near 0 for hundreds of steps."""

STATE_BITS = 16
"""Fraction bits of the states of a recurrence."""

RANGE = 16
"""A table covers -16 <= x < 16; beyond, functions have reached their asymptotes."""

TABLE_SIZE = 2 * RANGE << INPUT_BITS

_CONTEXT = Context(prec=28, rounding=ROUND_HALF_EVEN)
_FINE = Context(prec=40, rounding=ROUND_HALF_EVEN)
_PI = Decimal("3.141592653589793238462643383")


@dataclass(frozen=True, eq=False)
class Activation:
    """A function of one variable by table.

    For an input v, in units of 2**-10, the result in units of 2**-12 is ``table[v + 2**14]``;
    beyond the table it is 0 on the left, and on the right 4 v, or 2**12 where the function
    saturates.

    Attributes:
        table: int32, (32768,).
        saturates: whether the function tends to 1 and not to its argument.
    """

    table: NDArray[np.int32]
    saturates: bool

    def __post_init__(self) -> None:
        """Check the table; raises FormatError where it is not one."""
        if self.table.shape != (TABLE_SIZE,):
            raise FormatError(f"an activation table has {TABLE_SIZE} entries")
        # By minimum and maximum: the magnitude of -2**31 doesn't fit 32 bits.
        if max(int(self.table.max()), -int(self.table.min())) > RANGE << OUTPUT_BITS:
            raise FormatError("an activation table has entries out of range")


def _sigmoid(x: Decimal) -> Decimal:
    return 1 / (1 + (-x).exp())


def _gelu(x: Decimal) -> Decimal:
    # tanh form of D. Hendrycks, K. Gimpel 2016: (1 + tanh z) / 2 = sigmoid(2 z).
    z = (2 / _PI).sqrt() * (x + Decimal("0.044715") * x * x * x)
    return x * _sigmoid(2 * z)


def _silu(x: Decimal) -> Decimal:
    return x * _sigmoid(x)


FUNCTIONS: dict[str, tuple[Callable[[Decimal], Decimal], bool]] = {
    "gelu_new": (_gelu, False),
    "silu": (_silu, False),
    "sigmoid": (_sigmoid, True),
}
"""Each function by the name that transformers gives it, and whether it saturates."""


@cache
def activation(name: str) -> Activation:
    """Return the table of the function ``name`` of ``FUNCTIONS``."""
    function, saturates = FUNCTIONS[name]
    unit = Decimal(1 << INPUT_BITS)
    half = TABLE_SIZE // 2
    with localcontext(_CONTEXT):
        values = [
            int((function(Decimal(v) / unit) * (1 << OUTPUT_BITS)).to_integral_value())
            for v in range(-half, half)
        ]
    return Activation(_frozen(values), saturates)


def gate_table() -> NDArray[np.int32]:
    """Return round(2**16 * sigmoid(v / 1024)) for v in -2**14..2**14 - 1."""
    unit = Decimal(1 << INPUT_BITS)
    half = TABLE_SIZE // 2
    with localcontext(_CONTEXT):
        values = [
            int((_sigmoid(Decimal(v) / unit) * (1 << GATE_BITS)).to_integral_value())
            for v in range(-half, half)
        ]
    return np.array(values, np.int32)


@cache
def exp2_table() -> NDArray[np.int32]:
    """Return round(2**30 * 2**(-i / 1024)) for i in 0..1023."""
    with localcontext(_CONTEXT):
        steps = Decimal(1 << EXP2_BITS)
        one = Decimal(1 << EXP2_TABLE_BITS)
        values = [int((one * 2 ** (-i / steps)).to_integral_value()) for i in range(1 << EXP2_BITS)]
    return _frozen(values)


def _frozen(values: list[int]) -> NDArray[np.int32]:
    table = np.array(values, np.int32)
    table.flags.writeable = False
    return table


def rotation_tables(
    num_positions: int, head_width: int, base: int
) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    """Return cosines and sines of rotary positions (J. Su et al. 2021), times 2**14.

    Each is (num_positions, head_width // 2): the angle of pair i at position t is
    ``t * base**(-2 i / head_width)``.
    """
    with localcontext(_FINE):
        turns = [_unit_vector(angle) for angle in rotation_angles(head_width, Decimal(base))]
        cosines, sines, _ = _powers(turns, num_positions, 14)
    return cosines.astype(np.int16), sines.astype(np.int16)


def rotation_angles(head_width: int, base: Decimal) -> tuple[Decimal, ...]:
    """Return the angle of each pair of a head from one position to the next."""
    with localcontext(_FINE):
        return tuple(base ** (Decimal(-2 * i) / head_width) for i in range(head_width // 2))


def turn_tables(angles: tuple[Decimal, ...]) -> NDArray[np.int32]:
    """Return the rotations that compose one by any position, times 2**30.

    The shape is (2, 2, 1024, pairs): of turns by 0 to 1023 positions, then by 0 to 1023 times 1024
    positions, cosines, then sines.

    Args:
        angles: angle of each pair, from one position to the next; at most 1.
    """
    with localcontext(_FINE):
        turns = [_unit_vector(angle) for angle in angles]
        near = _powers(turns, TURN_POSITIONS, TURN_BITS)
        far = _powers(near[2], TURN_POSITIONS, TURN_BITS)
    return np.stack([np.stack(part[:2]) for part in (near, far)]).astype(np.int32)


_Turn = tuple[Decimal, Decimal]


def _powers(
    turns: list[_Turn], number: int, bits: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], list[_Turn]]:
    """Return cosines and sines of 0 to ``number`` - 1 turns, and the turns by ``number``."""
    one = Decimal(1 << bits)
    cosines, sines = [], []
    vectors = [(Decimal(1), Decimal(0))] * len(turns)
    for _ in range(number):
        cosines.append([int((c * one).to_integral_value()) for c, _ in vectors])
        sines.append([int((s * one).to_integral_value()) for _, s in vectors])
        vectors = [
            (c * x - s * y, c * y + s * x) for (c, s), (x, y) in zip(vectors, turns, strict=True)
        ]
    return np.array(cosines), np.array(sines), vectors


def _unit_vector(angle: Decimal) -> tuple[Decimal, Decimal]:
    """Return cosine and sine of an angle of at most 1 by their power series."""
    cosine, sine, term = Decimal(0), Decimal(0), Decimal(1)
    for n in range(0, 40, 2):
        cosine += term
        sine += term * angle / (n + 1)
        term = -term * angle * angle / ((n + 1) * (n + 2))
    return cosine, sine


_PLACE_BITS = 11

Logarithms = NDArray[np.int32]
"""A table that `logarithm_table` returns."""


def logarithm_table(exp2: NDArray[np.int32]) -> Logarithms:
    """Return log2(1 + i / 2**11) in units of 2**-10, rounded down, for i below 2**11.

    Args:
        exp2: powers of 2 of the exponents -i / 1024, times 2**30, which fall from there.
    """
    numbers = np.arange(1 << _PLACE_BITS, 2 << _PLACE_BITS, dtype=np.int64)
    rising = exp2[::-1].astype(np.int64)
    found = np.searchsorted(rising, numbers << (EXP2_TABLE_BITS - 1 - _PLACE_BITS), side="right")
    return found.astype(np.int32)


def logarithms(values: NDArray[np.int64], table: Logarithms) -> NDArray[np.int64]:
    """Return log2 of each of ``values`` (n,), in units of 2**-10, rounded down after 12 digits.

    Raises:
        ValueError: a value is not in 1..2**62.
    """
    out = np.empty_like(values)
    _core.exact.logarithms(values, table, out)
    return out
