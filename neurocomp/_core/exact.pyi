"""Bit-exact arithmetic of models: what the functions of ``core/src/exact`` take.

Arrays are not copied, and none is converted.  Those of rows (M, K) may be columns of wider arrays;
all others are contiguous.  All raise ValueError for shapes that don't fit together and for numbers
out of range, and TypeError for arrays of another type.
"""

from numpy import int8, int16, int32, int64
from numpy.typing import NDArray

def quantise(weights: NDArray[int64], out: NDArray[int32]) -> None:
    """Write the frequency tables of weights (lanes, V) to ``out``; see ``exact.quantise``."""

def frequencies_of_logits(
    logits: NDArray[int32], exp2: NDArray[int32], out: NDArray[int32]
) -> None:
    """Write the frequency tables of logits (lanes, V), to base 2 in units of 2**-10, to ``out``.

    The weight of a symbol is ``exp2[d % 1024] >> (d >> 10)``, d being the distance of its logit to
    the largest; `quantise` says what becomes of weights.
    """

def logarithms(values: NDArray[int64], table: NDArray[int32], out: NDArray[int64]) -> None:
    """Write log2 of values (n,), 1 to 2**62, to ``out``; see ``exact.tables``."""

def quantise_rows(
    values: NDArray[int32],
    limit: int,
    out: NDArray[int16],
    mantissas: NDArray[int64],
    exponents: NDArray[int64],
) -> None:
    """Write rows (M, K) as integers up to ``limit`` to ``out`` (M, K or more), and their scales.

    Columns beyond K become 0.
    """

def normalise_rows(
    values: NDArray[int32],
    gain: NDArray[int32],
    epsilon: int,
    center: bool,
    limit: int,
    out: NDArray[int16],
    mantissas: NDArray[int64],
    exponents: NDArray[int64],
) -> None:
    """Write rows divided by their norm likewise; see ``exact.layers.Norm``."""

def activate(values: NDArray[int32], table: NDArray[int32], saturates: bool) -> None:
    """Replace values by the function of an ``exact.tables.Activation``."""

def gate(gates: NDArray[int32], values: NDArray[int32], clip: int) -> None:
    """Replace gates, in units of 2**-12, by their products with values, both (M, K)."""

def rotate(
    values: NDArray[int32],
    head_width: int,
    cosines: NDArray[int16],
    sines: NDArray[int16],
    start: int,
    num_steps: int,
) -> None:
    """Rotate pairs (i, i + head_width / 2) of each head of values (lanes * steps, K)."""

def add(values: NDArray[int32], increments: NDArray[int32], clip: int) -> None:
    """Add increments to values, both (M, K), and clamp to [-clip, clip]."""

def recur(
    states: NDArray[int32],
    gates: NDArray[int32],
    candidates: NDArray[int32],
    table: NDArray[int32],
) -> None:
    """Move states towards candidates by the shares of the gates; see ``exact.layers``."""

def square(values: NDArray[int32], clip: int) -> None:
    """Replace values, in units of 2**-12, by the squares of what is positive."""

def normalise_heads(values: NDArray[int32], gain: NDArray[int32], epsilon: int, shift: int) -> None:
    """Replace heads (M, heads * width) by their directions times gains; see ``exact.layers``."""

class Linear:
    """A layer of ``exact.layers``, which reads the arrays that it was made of.

    Args:
        weight: (N, K), K padded with zeros as its rows are.
        multiplier: (N,).
        bias: (N,).
        shift: of scaled sums.
        clip: bound of the outputs.
    """

    def __init__(
        self,
        weight: NDArray[int8],
        multiplier: NDArray[int64],
        bias: NDArray[int32],
        shift: int,
        clip: int,
    ) -> None: ...
    def apply(
        self,
        rows: NDArray[int16],
        mantissas: NDArray[int64],
        exponents: NDArray[int64],
        out: NDArray[int32],
    ) -> None:
        """Write the outputs (M, N) of rows (M, K)."""

def store_heads(values: NDArray[int32], start: int, cache: NDArray[int16]) -> None:
    """Put values (lanes * steps, heads * width) at ``start`` of a (lanes, heads, T, width)."""

def store_window(
    values: NDArray[int32],
    start: int,
    length: int,
    num_sinks: int,
    bytes: NDArray[int8],
    scales: NDArray[int32],
) -> None:
    """Keep keys or values (lanes * steps, heads * width) of steps from ``start`` on as bytes.

    The cache has bytes (lanes, heads, slots, width) and scales (lanes, heads, slots); see
    ``exact.window``.
    """

def attend_window(
    queries: NDArray[int32],
    far_queries: NDArray[int32],
    keys: NDArray[int8],
    key_scales: NDArray[int32],
    values: NDArray[int8],
    value_scales: NDArray[int32],
    start: int,
    length: int,
    num_sinks: int,
    query_limit: int,
    multiplier: int,
    shift: int,
    exp2: NDArray[int32],
    out: NDArray[int32],
) -> None:
    """Write outputs of attention over a sliding window; the caches hold the steps already."""

class Sight:
    """What positions see, of the arrays of an ``exact.attention.Sight``, which it reads."""

    def __init__(self, bounds: NDArray[int32], positions: NDArray[int32]) -> None: ...

def attend(
    queries: NDArray[int32],
    keys: NDArray[int16],
    values: NDArray[int16],
    start: int,
    query_limit: int,
    multiplier: int,
    shift: int,
    exp2: NDArray[int32],
    sight: Sight | None,
    out: NDArray[int32],
) -> None:
    """Write attention's outputs (lanes * steps, heads * width) for queries of that shape.

    Keys and values are caches (lanes, key heads, T, width) that hold the steps from ``start`` on
    already; a step sees those up to its own, or what ``sight`` says.
    """
