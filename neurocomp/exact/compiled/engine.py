"""The engine of the CPU: numpy arrays and compiled kernels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurocomp.exact.attention import Attention, Sight
from neurocomp.exact.compiled import attention as attending
from neurocomp.exact.compiled import recurrence as recurring
from neurocomp.exact.compiled import rows as kernels
from neurocomp.exact.compiled.linear import apply_linear, pad_columns
from neurocomp.exact.compiled.softmax import frequencies_of_logits
from neurocomp.exact.compiled.tiles import CHUNK
from neurocomp.exact.engine import Rows
from neurocomp.exact.frequencies import Frequencies
from neurocomp.exact.linear import Linear
from neurocomp.exact.norm import Norm
from neurocomp.exact.recurrence import Recurrence
from neurocomp.exact.tables import Activation

Ints = NDArray[Any]


class CompiledEngine:
    """Exact operations on numpy arrays; see ``neurocomp.exact.engine.Engine``.

    Kernels release the interpreter's lock: threads that work on lanes of their own run at once.
    """

    def put(self, array: Ints) -> Ints:
        """Return ``array`` itself."""
        return array

    def prepare_linear(self, layer: Linear) -> Callable[[Rows[Ints]], Ints]:
        """Return the layer with its weights padded to whole tiles."""
        weight = pad_columns(layer.weight)
        num_columns = layer.bias.size
        parts = (weight, layer.multiplier, layer.bias, layer.shift, layer.clip)

        def apply(rows: Rows[Ints]) -> Ints:
            out = np.empty((rows.values.shape[0], num_columns), np.int32)
            apply_linear(rows.values, rows.mantissas, rows.exponents, *parts, out)
            return out

        return apply

    def prepare_norm(self, norm: Norm, limit: int) -> Callable[[Ints], Rows[Ints]]:
        """Return the norm."""

        def apply(values: Ints) -> Rows[Ints]:
            if norm.center:
                centred = np.empty_like(values)
                kernels.centre_rows(values, centred)
                values = centred
            rows = _quantise(values, norm.gain, limit)
            kernels.divide_by_norms(values, norm.epsilon, rows.mantissas, rows.exponents)
            return rows

        return apply

    def prepare_activation(self, activation: Activation) -> Callable[[Ints], Ints]:
        """Return the activation, which works in place."""

        def apply(values: Ints) -> Ints:
            kernels.activate_rows(values, activation.table, activation.saturates)
            return values

        return apply

    def prepare_rotation(
        self, cosines: NDArray[np.int16], sines: NDArray[np.int16], head_width: int
    ) -> Callable[[Ints, int, int], Ints]:
        """Return the rotation."""

        def apply(values: Ints, start: int, num_steps: int) -> Ints:
            rotated = np.ascontiguousarray(values).copy()
            kernels.rotate_rows(rotated, head_width, cosines, sines, start, num_steps)
            return rotated

        return apply

    def prepare_attention(
        self, attention: Attention, table: NDArray[np.int32], sight: Sight | None = None
    ) -> Callable[[Ints, Ints, Ints, int], Ints]:
        """Return attention."""
        scale = (attention.query_limit, attention.multiplier, attention.shift)

        def apply(queries: Ints, keys: Ints, values: Ints, start: int) -> Ints:
            out = np.empty((queries.shape[0], attention.query_width), np.int32)
            if sight is None:
                attending.attend(queries, keys, values, start, *scale, table, out)
            else:
                seen = (sight.bounds, sight.positions)
                attending.attend_to(queries, keys, values, start, *scale, table, *seen, out)
            return out

        return apply

    def cache(self, attention: Attention, num_lanes: int, context: int) -> Ints:
        """Return a cache of zeros."""
        shape = (num_lanes, attention.num_key_heads, context, attention.head_width)
        return np.zeros(shape, np.int16)

    def store(self, values: Ints, start: int, cache: Ints) -> None:
        """Clamp and copy."""
        attending.store_heads(values, start, cache)

    def quantise(self, values: Ints, limit: int) -> Rows[Ints]:
        """Return row-scaled integers."""
        return _quantise(values, np.ones(values.shape[1], np.int32), limit)

    def gate(self, gates: Ints, values: Ints, clip: int) -> Ints:
        """Multiply in place."""
        kernels.gate_rows(gates, values, clip)
        return gates

    def prepare_recurrence(self, recurrence: Recurrence) -> Callable[[Ints, Ints, Ints], Ints]:
        """Return the recurrence, which works in place."""

        def apply(states: Ints, gates: Ints, candidates: Ints) -> Ints:
            recurring.recur(states, gates, candidates, recurrence.table)
            return states

        return apply

    def square(self, values: Ints, clip: int) -> Ints:
        """Square in place."""
        recurring.square(values, clip)
        return values

    def add(self, values: Ints, increments: Ints, clip: int) -> Ints:
        """Add in place."""
        kernels.add_rows(values, increments, clip)
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

        def apply(logits: Ints) -> Frequencies:
            out = np.empty(logits.shape, np.int32)
            frequencies_of_logits(logits, table, out)
            return out

        return apply


def _quantise(values: Ints, gain: NDArray[np.int32], limit: int) -> Rows[Ints]:
    num_rows, width = values.shape
    quantised = np.zeros((num_rows, width + -width % CHUNK), np.int16)
    mantissas, exponents = np.empty(num_rows, np.int64), np.empty(num_rows, np.int64)
    kernels.quantise_rows(values, gain, limit, quantised, mantissas, exponents)
    return Rows(quantised, mantissas, exponents)
