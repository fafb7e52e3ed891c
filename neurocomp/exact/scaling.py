"""The numbers that every exact operation agrees on.

Real values are held in two ways.  *Fixed point*: an integer times a unit that belongs to the
place in the network.  *Row-scaled*: 16-bit integers a, and for each row a mantissa m and an
exponent e, standing for ``a * m * 2**e`` times a unit.  Both are integers only, so no machine can
disagree about them.
"""

from __future__ import annotations

MANTISSA_BITS = 15
"""A row's mantissa is at most 2**15."""

RECIPROCAL_BITS = 46
"""Fraction bits of the reciprocal by which a row is divided when it is quantised."""

VALUE_BITS = 41
"""Values to be quantised are below 2**41 in magnitude, column gains included."""

WEIGHT_MAX = 64
"""Bound of a weight: a processor without a dot-product instruction for bytes adds two products
of an unsigned and a signed byte in 16 bits and saturates; 2 * 255 * 64 fits."""

NARROW_LIMIT = 127
"""Largest activation of the 8-bit form."""

STRONG_WEIGHT_MAX = 127
"""Bound of a weight where no byte is multiplied by a byte without an instruction that adds in 32
bits: in the core, in floats, and on GPUs."""

WIDE_LIMIT = 32_639
"""Largest activation of the 16-bit form: as 256 * high + low, both halves fit 8 bits."""

ACCUMULATOR_LIMIT = 1 << 31
"""Every sum of products stays below this in magnitude."""

PRODUCT_LIMIT = 1 << 62
"""Every scaled sum stays below this in magnitude, so that rounding can't overflow 64 bits."""

MULTIPLIER_MAX = (1 << 32) - 1
"""Largest scale of an output."""

MIN_SHIFT, MAX_SHIFT = 20, 62
"""Shifts of scaled sums.  A row's exponent is at most 16 (its values are below 2**31, or divided by
their norm), so that something is always shifted out."""

RESIDUAL_LIMIT = (1 << 25) - 1
"""Bound of the residual stream in its fixed-point unit."""

MAX_WIDTH = 4096
"""Widest vector that is normalised: its sum of squares stays below 2**62."""

EXP2_BITS = 10
"""Logarithms to base 2 are held in units of 2**-10."""

EXP2_TABLE_BITS = 30
"""2**0 in the table of powers of 2."""

ATTENTION_ONE = 32_767
"""Attention weights of a row sum to about this."""

KEY_LIMIT = 32_767
"""Bound of keys and values in the cache."""

MAX_CONTEXT = 1 << 15
"""Longest cache: the rounding of that many attention weights can't overflow 32 bits."""

MAX_WINDOW = KEY_LIMIT
"""Most positions that sliding attention sees."""

BYTE_LIMIT = 127
"""Bound of keys and values that are kept in 8 bits."""

SCORE_LIMIT = 1 << 28
"""Products of queries with keys of 8 bits stay below this."""

SCORE_SHIFT = 12
"""Bits that such a product loses when it is multiplied by its key's scale, below 2**16."""

MIX_BITS, MIX_TOTAL_BITS = 15, 23
"""The largest factor of a value of 8 bits is below 2**15, and all together are below 2**24."""

MIX_SHARE_BITS = 44
"""Fraction bits of the reciprocal that mixed values are multiplied with."""

TURN_BITS = 30
"""Fraction bits of the cosines and sines that rotations by any position are composed of."""

TURN_POSITIONS = 1 << 10
"""Rotations by a position t are those by t mod 1024 and by t - t mod 1024, one after the other."""

MAX_POSITIONS = TURN_POSITIONS**2
"""Longest lane that is read with rotary positions."""

ATTENTION_WEIGHT_BITS = 22
"""The largest attention weight is 2**22 before weights are made to sum to ``ATTENTION_ONE``."""

SHARE_BITS = 40
"""Fraction bits of the reciprocal that makes them do so."""
