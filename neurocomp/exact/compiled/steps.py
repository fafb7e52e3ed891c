"""Layers on a few rows, in place of the engine's operations where every microsecond counts.

The same integers as ``engine.py`` gives, for 8-bit activations and norms without gains; see there
and in ``neurocomp.exact`` for what is computed.  Loops are over contiguous rows and few arrays at
a time, which compilers turn into vector code; rows of outputs may be wider than what is wanted.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neurocomp.exact.compiled.lean import lean
from neurocomp.exact.compiled.packed import OFFSET, multiply
from neurocomp.exact.compiled.rows import bit_length, integer_root, row_scale
from neurocomp.exact.scaling import MANTISSA_BITS, NARROW_LIMIT, PRODUCT_LIMIT, RECIPROCAL_BITS
from neurocomp.exact.tables import GATE_BITS, INPUT_BITS, OUTPUT_BITS, STATE_BITS, TABLE_SIZE

_HALF_TABLE = np.int32(TABLE_SIZE // 2)
_HALF = np.int64(1) << (RECIPROCAL_BITS - 1)


@lean
def narrow_row(values: NDArray[np.int32], out: NDArray[np.uint8]) -> tuple[np.int64, np.int64]:
    """Write values (K,) as 8-bit integers with the offset; return their mantissa and exponent."""
    largest = np.int32(0)
    for k in range(values.shape[0]):
        largest = max(largest, np.int32(abs(values[k])))
    mantissa, exponent = row_scale(np.int64(largest))
    reciprocal = (np.int64(NARROW_LIMIT) << RECIPROCAL_BITS) // (mantissa << exponent)
    for k in range(values.shape[0]):
        scaled = (np.int64(values[k]) * reciprocal + _HALF) >> RECIPROCAL_BITS
        out[k] = np.uint8(scaled + OFFSET)
    return mantissa, exponent


@lean
def normal_row(
    values: NDArray[np.int32], epsilon: int, out: NDArray[np.uint8]
) -> tuple[np.int64, np.int64]:
    """Do the same for values (K,) divided by their root mean square."""
    mantissa, exponent = narrow_row(values, out)
    square = np.int64(epsilon)
    for k in range(values.shape[0]):
        square += np.int64(values[k]) * np.int64(values[k])
    doublings = (np.int64(62) - bit_length(square)) // 2
    root = integer_root(square << (2 * doublings))
    quotient = (mantissa << RECIPROCAL_BITS) // root
    excess = max(bit_length(quotient) - MANTISSA_BITS, np.int64(0))
    half = (np.int64(1) << excess) >> 1
    return (quotient + half) >> excess, exponent + doublings + excess - RECIPROCAL_BITS


@lean
def scaled_products(
    rows: NDArray[np.uint8],
    mantissas: NDArray[np.int64],
    exponents: NDArray[np.int64],
    weight: NDArray[np.int8],
    offsets: NDArray[np.int32],
    multiplier: NDArray[np.uint32],
    bias: NDArray[np.int32],
    shift: int,
    reach: int,
    margin: int,
    clip: int,
    out: NDArray[np.int32],
) -> None:
    """Write a layer's outputs (M, N) for uint8 rows (M, K) and packed weights.

    N is of whole tiles.

    Args:
        rows: inputs.
        mantissas: of the rows (M,).
        exponents: of the rows (M,).
        weight: see `multiply`.
        offsets: what the rows' offset adds to the sums (N,).
        multiplier: of the outputs (N,).
        bias: of the outputs (N,).
        shift: as in ``neurocomp.exact.linear.Linear``.
        reach: bound of the sums times their multipliers.
        margin: what the largest bias leaves of 31 bits.
        clip: bound of the outputs.
        out: the outputs.
    """
    multiply(rows, weight, out)
    for m in range(rows.shape[0]):
        line, mantissa = out[m], np.int64(np.int32(mantissas[m]))
        away = min(np.int64(shift) - exponents[m], np.int64(62))
        half = np.int64(1) << (away - 1)
        if (reach * mantissa + half) >> away <= margin:
            # Outputs fit 32 bits.  Raised, products are not negative, which is what processors
            # without AVX-512 shift.
            raised = np.uint64(PRODUCT_LIMIT) + np.uint64(half)
            lowered = np.int32(PRODUCT_LIMIT >> away)
            lowest, highest = np.int32(-clip), np.int32(clip)
            for n in range(line.shape[0]):
                total = np.int64(np.int32(line[n] - offsets[n])) * mantissa
                product = np.uint64(total * np.int64(multiplier[n])) + raised
                value = np.int32(np.int32(product >> np.uint64(away)) - lowered + bias[n])
                line[n] = min(max(value, lowest), highest)
        else:
            limit = np.int64(clip)
            for n in range(line.shape[0]):
                total = np.int64(np.int32(line[n] - offsets[n])) * mantissa
                scaled = ((total * np.int64(multiplier[n]) + half) >> away) + np.int64(bias[n])
                line[n] = np.int32(min(max(scaled, -limit), limit))


@lean
def look_up(
    values: NDArray[np.int32], first: int, table: NDArray[np.int32], out: NDArray[np.int32]
) -> None:
    """Write entries (M, K) of a table for the columns ``first`` and on of values, clamped to it."""
    for m in range(out.shape[0]):
        line = out[m]
        row = values[m][first : first + line.shape[0]]
        for k in range(line.shape[0]):
            line[k] = min(max(row[k], -_HALF_TABLE), _HALF_TABLE - np.int32(1)) + _HALF_TABLE
        for k in range(line.shape[0]):
            line[k] = table[np.uint32(line[k])]


@lean
def move_states(
    states: NDArray[np.int32], shares: NDArray[np.int32], values: NDArray[np.int32], first: int
) -> None:
    """Move states (M, K) by shares (M, K) towards candidates, columns ``first`` and on of values.

    See ``neurocomp.exact.recurrence.Recurrence``.
    """
    for m in range(states.shape[0]):
        state, share = states[m], shares[m]
        candidates = values[m][first : first + state.shape[0]]
        for k in range(state.shape[0]):
            candidate = np.int64(candidates[k]) << (STATE_BITS - INPUT_BITS)
            step = np.int64(share[k]) * (candidate - np.int64(state[k]))
            state[k] += np.int32((step + (1 << (GATE_BITS - 1))) >> GATE_BITS)


@lean
def open_states(
    states: NDArray[np.int32],
    values: NDArray[np.int32],
    first: int,
    opened: NDArray[np.int32],
    clip: int,
) -> None:
    """Multiply states (M, K) by the SiLU of the columns ``first`` and on of values.

    Args:
        states: the states.
        values: what SiLU is taken of.
        first: first of the columns.
        opened: the table's entries (M, K) for them; they become the products.
        clip: bound of a product.
    """
    limit = np.int64(clip)
    for m in range(states.shape[0]):
        state, line = states[m], opened[m]
        row = values[m][first : first + line.shape[0]]
        for k in range(line.shape[0]):
            value = row[k]
            beyond = np.int32(value << (OUTPUT_BITS - INPUT_BITS))
            gate = beyond if value >= _HALF_TABLE else line[k]
            gate = np.int32(0) if value < -_HALF_TABLE else gate
            product = np.int64(gate) * np.int64(state[k])
            product = (product + (1 << (OUTPUT_BITS - 1))) >> OUTPUT_BITS
            line[k] = np.int32(min(max(product, -limit), limit))


@lean
def add_sums(stream: NDArray[np.int32], sums: NDArray[np.int32], clip: int) -> None:
    """Add sums to a stream (M, K), both within the clip, which is below 2**30, and stay there."""
    limit = np.int32(clip)
    for m in range(stream.shape[0]):
        line, row = stream[m], sums[m]
        for k in range(line.shape[0]):
            line[k] = min(max(line[k] + row[k], -limit), limit)


@lean
def square_sums(values: NDArray[np.int32], clip: int) -> None:
    """Replace values (M, K), in units of 2**-12, by the squares of what is positive."""
    limit = np.int32(clip)
    for m in range(values.shape[0]):
        line = values[m]
        for k in range(line.shape[0]):
            positive = np.int64(min(max(line[k], np.int32(0)), limit))
            line[k] = np.int32((positive * positive + (1 << (OUTPUT_BITS - 1))) >> OUTPUT_BITS)
