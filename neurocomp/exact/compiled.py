"""The engine of the CPU: numpy arrays and the kernels of ``core/src/exact``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurocomp import _core
from neurocomp.exact.attention import Attention, Sight
from neurocomp.exact.engine import Rows
from neurocomp.exact.frequencies import Frequencies
from neurocomp.exact.layers import HeadNorm, Linear, Norm, Recurrence
from neurocomp.exact.tables import Activation
from neurocomp.exact.turns import Turns
from neurocomp.exact.window import Window, WindowAttention

Ints = NDArray[Any]

CHUNK = 16
"""Rows of activations and weights are padded with zeros to a multiple of so many columns."""


class CompiledEngine:
    """Exact operations on numpy arrays; see ``neurocomp.exact.engine.Engine``.

    Kernels release the interpreter's lock: threads that work on lanes of their own run at once.
    """

    is_core = True

    def put(self, array: Ints) -> Ints:
        """Return ``array`` itself."""
        return array

    def prepare_linear(self, layer: Linear) -> Callable[[Rows[Ints]], Ints]:
        """Return the layer with its weights padded to whole chunks."""
        core = _core.exact.Linear(
            pad_columns(layer.weight),
            np.ascontiguousarray(layer.multiplier),
            np.ascontiguousarray(layer.bias),
            layer.shift,
            layer.clip,
        )
        num_columns = layer.bias.size

        def apply(rows: Rows[Ints]) -> Ints:
            out = np.empty((rows.values.shape[0], num_columns), np.int32)
            core.apply(rows.values, rows.mantissas, rows.exponents, out)
            return out

        return apply

    def prepare_norm(self, norm: Norm, limit: int) -> Callable[[Ints], Rows[Ints]]:
        """Return the norm."""

        gain = np.ascontiguousarray(norm.gain)

        def apply(values: Ints) -> Rows[Ints]:
            rows = _empty_rows(values)
            parts = (rows.values, rows.mantissas, rows.exponents)
            _core.exact.normalise_rows(values, gain, norm.epsilon, norm.center, limit, *parts)
            return rows

        return apply

    def prepare_head_norm(self, norm: HeadNorm) -> Callable[[Ints], Ints]:
        """Return the norm, which works in place."""

        gain = np.ascontiguousarray(norm.gain)

        def apply(values: Ints) -> Ints:
            _core.exact.normalise_heads(values, gain, norm.epsilon, norm.shift)
            return values

        return apply

    def prepare_activation(self, activation: Activation) -> Callable[[Ints], Ints]:
        """Return the activation, which works in place."""

        table = np.ascontiguousarray(activation.table)

        def apply(values: Ints) -> Ints:
            _core.exact.activate(values, table, activation.saturates)
            return values

        return apply

    def prepare_rotation(
        self, cosines: NDArray[np.int16], sines: NDArray[np.int16], head_width: int
    ) -> Callable[[Ints, int, int], Ints]:
        """Return the rotation."""

        tables = np.ascontiguousarray(cosines), np.ascontiguousarray(sines)

        def apply(values: Ints, start: int, num_steps: int) -> Ints:
            rotated = values.copy()
            _core.exact.rotate(rotated, head_width, *tables, start, num_steps)
            return rotated

        return apply

    def prepare_attention(
        self, attention: Attention, table: NDArray[np.int32], sight: Sight | None = None
    ) -> Callable[[Ints, Ints, Ints, int], Ints]:
        """Return attention."""
        scale = (attention.query_limit, attention.multiplier, attention.shift)
        powers = np.ascontiguousarray(table)
        seen = None if sight is None else _core.exact.Sight(sight.bounds, sight.positions)

        def apply(queries: Ints, keys: Ints, values: Ints, start: int) -> Ints:
            out = np.empty((queries.shape[0], attention.query_width), np.int32)
            _core.exact.attend(queries, keys, values, start, *scale, powers, seen, out)
            return out

        return apply

    def cache(self, attention: Attention, num_lanes: int, context: int) -> Ints:
        """Return a cache of zeros."""
        shape = (num_lanes, attention.num_key_heads, context, attention.head_width)
        return np.zeros(shape, np.int16)

    def store(self, values: Ints, start: int, cache: Ints) -> None:
        """Clamp and copy."""
        _core.exact.store_heads(values, start, cache)

    def prepare_turns(
        self, turns: Turns, head_width: int
    ) -> Callable[[Ints, NDArray[np.int64]], Ints]:
        """Return the rotation by any positions."""

        def apply(values: Ints, positions: NDArray[np.int64]) -> Ints:
            rotated = values.copy()
            _core.exact.rotate(rotated, head_width, *turns.of(positions), 0, positions.size)
            return rotated

        return apply

    def prepare_window_attention(
        self, attention: WindowAttention, table: NDArray[np.int32]
    ) -> Callable[..., Ints]:
        """Return attention over a sliding window."""
        scale = (attention.query_limit, attention.multiplier, attention.shift)
        powers = np.ascontiguousarray(table)

        def apply(
            near: Ints,
            far: Ints,
            keys: tuple[Ints, Ints],
            values: tuple[Ints, Ints],
            start: int,
            window: Window,
        ) -> Ints:
            out = np.empty((near.shape[0], attention.query_width), np.int32)
            shape = start, window.length, window.num_sinks
            _core.exact.attend_window(near, far, *keys, *values, *shape, *scale, powers, out)
            return out

        return apply

    def window_cache(
        self, attention: WindowAttention, num_lanes: int, num_slots: int
    ) -> tuple[Ints, Ints]:
        """Return a cache of zeros."""
        shape = (num_lanes, attention.num_key_heads, num_slots)
        return np.zeros((*shape, attention.head_width), np.int8), np.zeros(shape, np.int32)

    def store_window(
        self, values: Ints, start: int, window: Window, cache: tuple[Ints, Ints]
    ) -> None:
        """Quantise and keep."""
        _core.exact.store_window(values, start, window.length, window.num_sinks, *cache)

    def quantise(self, values: Ints, limit: int) -> Rows[Ints]:
        """Return row-scaled integers."""
        rows = _empty_rows(values)
        parts = (rows.values, rows.mantissas, rows.exponents)
        _core.exact.quantise_rows(values, limit, *parts)
        return rows

    def gate(self, gates: Ints, values: Ints, clip: int) -> Ints:
        """Multiply in place."""
        _core.exact.gate(gates, values, clip)
        return gates

    def prepare_recurrence(
        self, recurrence: Recurrence
    ) -> Callable[[Ints, Ints, Ints], tuple[Ints, Ints]]:
        """Return the recurrence, which changes the states in place."""

        table = np.ascontiguousarray(recurrence.table)

        def apply(states: Ints, gates: Ints, candidates: Ints) -> tuple[Ints, Ints]:
            after = np.empty(gates.shape, np.int32)
            for first in range(0, len(gates), len(states)):
                step = slice(first, first + len(states))
                _core.exact.recur(states, gates[step], candidates[step], table)
                after[step] = states
            return after, states

        return apply

    def square(self, values: Ints, clip: int) -> Ints:
        """Square in place."""
        _core.exact.square(values, clip)
        return values

    def add(self, values: Ints, increments: Ints, clip: int) -> Ints:
        """Add in place."""
        _core.exact.add(values, increments, clip)
        return values

    def columns(self, values: Ints, start: int, stop: int) -> Ints:
        """Return a view."""
        return values[:, start:stop]

    def last_steps(self, values: Ints, num_lanes: int) -> Ints:
        """Return a copy of the last step of each lane."""
        steps = values.shape[0] // num_lanes
        return np.ascontiguousarray(values[steps - 1 :: steps])

    def prepare_frequencies(self, table: NDArray[np.int32]) -> Callable[[Ints], Frequencies]:
        """Return the exact softmax."""

        powers = np.ascontiguousarray(table)

        def apply(logits: Ints) -> Frequencies:
            out = np.empty(logits.shape, np.int32)
            _core.exact.frequencies_of_logits(logits, powers, out)
            return out

        return apply


def _empty_rows(values: Ints) -> Rows[Ints]:
    """Return room for ``values`` (M, K) as row-scaled integers, padded to whole chunks."""
    num_rows, width = values.shape
    quantised = np.empty((num_rows, width + -width % CHUNK), np.int16)
    return Rows(quantised, np.empty(num_rows, np.int64), np.empty(num_rows, np.int64))


def pad_columns(weight: NDArray[np.int8]) -> NDArray[np.int8]:
    """Return ``weight`` (N, K) with zeros up to whole chunks of columns."""
    padding = (0, 0), (0, -weight.shape[1] % CHUNK)
    return np.ascontiguousarray(np.pad(weight, padding) if padding[1][1] else weight)


__all__ = ["CompiledEngine"]
