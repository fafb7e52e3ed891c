"""The operations that an exact network needs, and the choice of an engine for them.

Two engines do the same integer arithmetic: ``compiled`` by the core on the CPU, ``tensors`` by
torch on any of its devices.  Products of matrices go one of four routes, all exact:

==========  =======================  ==========================================================
route       on                       exact because
==========  =======================  ==========================================================
compiled    CPU, the core            integers of 32 bits, sums below 2**31
int8        CPU or CUDA, torch       ``torch._int_mm`` of 8-bit halves; on CPUs ``|weight| <= 64``
float32     any, torch               every partial sum is an integer below 2**24
float64     any, torch               every partial sum is an integer below 2**53
==========  =======================  ==========================================================
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from neurocomp import extras
from neurocomp.exact.attention import Attention, Sight
from neurocomp.exact.frequencies import Frequencies
from neurocomp.exact.layers import HeadNorm, Linear, Norm, Recurrence
from neurocomp.exact.tables import Activation
from neurocomp.exact.turns import Turns
from neurocomp.exact.window import Window, WindowAttention

Array = TypeVar("Array")
ROUTES = ("compiled", "int8", "float32", "float64")


class Rows(Generic[Array]):
    """Row-scaled activations: 16-bit integers, and a mantissa and an exponent for each row.

    Attributes:
        values: (M, K), perhaps padded with columns of zeros.
        mantissas: int64, (M,).
        exponents: int64, (M,).
    """

    __slots__ = ("exponents", "mantissas", "values")

    def __init__(self, values: Array, mantissas: Array, exponents: Array) -> None:
        self.values = values
        self.mantissas = mantissas
        self.exponents = exponents


class Engine(Protocol[Array]):
    """Exact operations on the arrays of one library.  M stands for lanes * steps, lane by lane.

    ``prepare_*`` takes what a model stores and returns what the operation runs on, in the form that
    suits the engine.

    Attributes:
        is_core: the operations are the core's, which computes whole networks as well.
    """

    is_core: bool

    def put(self, array: NDArray[Any]) -> Array:
        """Return ``array`` as the engine holds it."""

    def prepare_linear(self, layer: Linear) -> Callable[[Rows[Array]], Array]:
        """Return the layer as a function to fixed-point integers (M, N), int32."""

    def prepare_norm(self, norm: Norm, limit: int) -> Callable[[Array], Rows[Array]]:
        """Return the norm as a function of fixed-point rows (M, K), quantised to ``limit``."""

    def prepare_head_norm(self, norm: HeadNorm) -> Callable[[Array], Array]:
        """Return the norm as a function of (M, heads * width), in fixed point.

        It may work in place.
        """

    def prepare_activation(self, activation: Activation) -> Callable[[Array], Array]:
        """Return the activation as a function of (M, K)."""

    def prepare_rotation(
        self, cosines: NDArray[np.int16], sines: NDArray[np.int16], head_width: int
    ) -> Callable[[Array, int, int], Array]:
        """Return the rotation of (M, K) by positions, called with the first one and steps."""

    def prepare_attention(
        self, attention: Attention, table: NDArray[np.int32], sight: Sight | None = None
    ) -> Callable[[Array, Array, Array, int], Array]:
        """Return attention as a function of queries (M, heads * width), caches and first step.

        A step sees what ``sight`` says, or all steps up to its own.
        """

    def cache(self, attention: Attention, num_lanes: int, context: int) -> Array:
        """Return an empty cache, int16 (lanes, key heads, context, width)."""

    def store(self, values: Array, start: int, cache: Array) -> None:
        """Put keys or values (M, key heads * width) into a cache from step ``start`` on."""

    def prepare_turns(
        self, turns: Turns, head_width: int
    ) -> Callable[[Array, NDArray[np.int64]], Array]:
        """Return the rotation of (M, K) by any positions, those of a lane's steps."""

    def prepare_window_attention(
        self, attention: WindowAttention, table: NDArray[np.int32]
    ) -> Callable[..., Array]:
        """Return attention over a sliding window.

        Its arguments are queries (M, heads * width) rotated by their positions, and rotated for the
        sinks, the caches of keys and values, the first step's position and the window.
        """

    def window_cache(self, attention: WindowAttention, num_lanes: int, num_slots: int) -> Any:
        """Return an empty cache: int8 (lanes, key heads, slots, width), and a scale for each."""

    def store_window(self, values: Array, start: int, window: Window, cache: Any) -> None:
        """Keep keys or values (M, key heads * width) of the steps from ``start`` on."""

    def quantise(self, values: Array, limit: int) -> Rows[Array]:
        """Return fixed-point rows (M, K) as row-scaled integers up to ``limit``."""

    def gate(self, gates: Array, values: Array, clip: int) -> Array:
        """Return products of gates, in units of 2**-12, with values, both (M, K)."""

    def prepare_recurrence(
        self, recurrence: Recurrence
    ) -> Callable[[Array, Array, Array], tuple[Array, Array]]:
        """Return the recurrence as a function of states (M, K), gates and candidates.

        The latter are those of one or more steps, one after the other, (steps * M, K).  The
        function returns the states after each step, (steps * M, K), and those after the last.
        """

    def square(self, values: Array, clip: int) -> Array:
        """Return squares, in units of 2**-12, of what is positive in (M, K), cut at ``clip``."""

    def add(self, values: Array, increments: Array, clip: int) -> Array:
        """Return the sums of two (M, K), clamped to [-clip, clip]."""

    def columns(self, values: Array, start: int, stop: int) -> Array:
        """Return some columns of (M, K)."""

    def last_steps(self, values: Array, num_lanes: int) -> Array:
        """Return the last step of each lane, (lanes, K), of (lanes * steps, K)."""

    def prepare_frequencies(self, table: NDArray[np.int32]) -> Callable[[Array], Frequencies]:
        """Return the function from logits (M, V) to frequency tables (M, V) in numpy."""


def open_engine(route: str = "auto", device: str = "cpu") -> Engine[Any]:
    """Return an engine whose products go ``route``, tested on this machine.

    "auto" is what is fastest on the device: compiled code on a CPU, ``_int_mm`` on a GPU.  A
    route that fails its self-test there gives way to float32.

    Raises:
        ValueError: there is no such route on that device.
        ModelError: not even the portable route computes exactly here.
    """
    if route not in ("auto", *ROUTES):
        raise ValueError(f"no route {route!r}: choose one of {', '.join(ROUTES)}")
    from neurocomp.exact.selftest import check_engine

    is_cpu = device == "cpu"
    wanted = ("compiled" if is_cpu else "int8") if route == "auto" else route
    if wanted == "compiled" and not is_cpu:
        raise ValueError("compiled code runs on the CPU only")
    engine = _make_engine(wanted, device)
    if check_engine(engine):
        return engine
    if route == "auto":
        engine = _make_engine("float32", device)
        if check_engine(engine):
            return engine
    from neurocomp.errors import ModelError

    raise ModelError(
        f"exact arithmetic by route {wanted!r} gives wrong results on this machine ({device}): "
        "run 'neurocomp selftest' and report what it prints"
    )


def _make_engine(route: str, device: str) -> Engine[Any]:
    if route == "compiled":
        from neurocomp.exact.compiled import CompiledEngine

        return CompiledEngine()
    extras.require(f"route {route!r} of matrix products", "train")
    from neurocomp.exact.tensors import TensorEngine

    return TensorEngine(route, device)
