"""The engine of torch: every operation of ``exact.compiled`` on int64 tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from neurocomp.exact.attention import Attention, Sight
from neurocomp.exact.engine import Rows
from neurocomp.exact.frequencies import TOTAL, Frequencies
from neurocomp.exact.layers import HeadNorm, Linear, Norm, Recurrence
from neurocomp.exact.scaling import (
    EXP2_BITS,
    EXP2_TABLE_BITS,
    KEY_LIMIT,
    MANTISSA_BITS,
    RECIPROCAL_BITS,
)
from neurocomp.exact.tables import (
    GATE_BITS,
    INPUT_BITS,
    OUTPUT_BITS,
    STATE_BITS,
    TABLE_SIZE,
    Activation,
)
from neurocomp.exact.tensors import window as windows
from neurocomp.exact.tensors.operations import (
    attend,
    bit_length,
    divide,
    integer_root,
    row_scale,
    scale_sums,
)
from neurocomp.exact.tensors.products import make_product
from neurocomp.exact.turns import Turns
from neurocomp.exact.window import Window, WindowAttention


class TensorEngine:
    """Exact operations on torch tensors; see ``neurocomp.exact.engine.Engine``.

    Args:
        route: number type of matrix products: "int8", "float32" or "float64".
        device: a torch device.
    """

    is_core = False

    def __init__(self, route: str, device: str = "cpu") -> None:
        self._route = route
        self._device = device

    def put(self, array: NDArray[Any]) -> Tensor:
        """Copy to the device."""
        return torch.from_numpy(np.array(array)).to(self._device)

    def prepare_linear(self, layer: Linear) -> Callable[[Rows[Tensor]], Tensor]:
        """Return the layer."""
        product = make_product(self._route, layer, self._device)
        multiplier, bias = self.put(layer.multiplier), self.put(layer.bias).to(torch.int64)

        def apply(rows: Rows[Tensor]) -> Tensor:
            factors = rows.mantissas[:, None] * multiplier
            shifts = layer.shift - rows.exponents[:, None]
            out = scale_sums(product(rows.values), factors, shifts) + bias
            return out.clamp(-layer.clip, layer.clip).to(torch.int32)

        return apply

    def prepare_norm(self, norm: Norm, limit: int) -> Callable[[Tensor], Rows[Tensor]]:
        """Return the norm."""
        gain = self.put(norm.gain).to(torch.int64)

        def apply(values: Tensor) -> Rows[Tensor]:
            wide = values.to(torch.int64)
            width = wide.shape[1]
            if norm.center:
                totals = wide.sum(1, keepdim=True)
                wide = wide - divide(2 * totals + width, torch.full_like(totals, 2 * width))
            rows = _quantise(wide * gain, limit)
            squares = (wide * wide).sum(1) + norm.epsilon
            doublings = torch.bitwise_right_shift(62 - bit_length(squares), 1)
            roots = integer_root(torch.bitwise_left_shift(squares, 2 * doublings))
            quotients = divide(torch.bitwise_left_shift(rows.mantissas, RECIPROCAL_BITS), roots)
            excess = (bit_length(quotients) - MANTISSA_BITS).clamp(min=0)
            half = torch.bitwise_right_shift(
                torch.bitwise_left_shift(torch.ones_like(excess), excess), 1
            )
            rows.mantissas = torch.bitwise_right_shift(quotients + half, excess)
            rows.exponents = rows.exponents + doublings + excess - RECIPROCAL_BITS
            return rows

        return apply

    def prepare_head_norm(self, norm: HeadNorm) -> Callable[[Tensor], Tensor]:
        """Return the norm."""
        gain = self.put(norm.gain).to(torch.int64)

        def apply(values: Tensor) -> Tensor:
            heads = values.to(torch.int64).reshape(values.shape[0], -1, gain.numel())
            squares = (heads * heads).sum(2, keepdim=True) + norm.epsilon
            doublings = torch.bitwise_right_shift(62 - bit_length(squares), 1)
            roots = integer_root(torch.bitwise_left_shift(squares, 2 * doublings))
            directions = scale_sums(heads, divide(1 << 61, roots), 31 - doublings)
            scaled = directions * gain + (1 << (norm.shift - 1))
            out = torch.bitwise_right_shift(scaled, norm.shift)
            return out.to(torch.int32).view(values.shape)

        return apply

    def prepare_activation(self, activation: Activation) -> Callable[[Tensor], Tensor]:
        """Return the activation."""
        table = self.put(activation.table)
        half = TABLE_SIZE // 2

        def apply(values: Tensor) -> Tensor:
            inside = table[(values + half).clamp(0, TABLE_SIZE - 1).to(torch.int64)]
            right = values * (1 << (OUTPUT_BITS - INPUT_BITS))
            if activation.saturates:
                right = torch.full_like(values, 1 << OUTPUT_BITS)
            inside = torch.where(values >= half, right, inside)
            return torch.where(values < -half, torch.zeros_like(values), inside)

        return apply

    def prepare_rotation(
        self, cosines: NDArray[np.int16], sines: NDArray[np.int16], head_width: int
    ) -> Callable[[Tensor, int, int], Tensor]:
        """Return the rotation."""
        c_table, s_table = (self.put(one).to(torch.int64) for one in (cosines, sines))

        def apply(values: Tensor, start: int, num_steps: int) -> Tensor:
            steps = slice(start, start + num_steps)
            return _rotate(values, head_width, c_table[steps], s_table[steps])

        return apply

    def prepare_turns(
        self, turns: Turns, head_width: int
    ) -> Callable[[Tensor, NDArray[np.int64]], Tensor]:
        """Return the rotation by any positions."""

        def apply(values: Tensor, positions: NDArray[np.int64]) -> Tensor:
            c, s = (self.put(one).to(torch.int64) for one in turns.of(positions))
            return _rotate(values, head_width, c, s)

        return apply

    def prepare_window_attention(
        self, attention: WindowAttention, table: NDArray[np.int32]
    ) -> Callable[..., Tensor]:
        """Return attention over a sliding window."""
        powers = self.put(table).to(torch.int64)

        def apply(
            near: Tensor,
            far: Tensor,
            keys: windows.Bytes,
            values: windows.Bytes,
            start: int,
            window: Window,
        ) -> Tensor:
            return windows.attend(attention, powers, (near, far), keys, values, start, window)

        return apply

    def window_cache(
        self, attention: WindowAttention, num_lanes: int, num_slots: int
    ) -> windows.Bytes:
        """Return a cache of zeros."""
        shape = (num_lanes, attention.num_key_heads, num_slots)
        kept = torch.zeros(*shape, attention.head_width, dtype=torch.int8, device=self._device)
        return kept, torch.zeros(shape, dtype=torch.int32, device=self._device)

    def store_window(
        self, values: Tensor, start: int, window: Window, cache: windows.Bytes
    ) -> None:
        """Quantise and keep."""
        windows.store(values, start, window, cache)

    def prepare_attention(
        self, attention: Attention, table: NDArray[np.int32], sight: Sight | None = None
    ) -> Callable[[Tensor, Tensor, Tensor, int], Tensor]:
        """Return attention."""
        powers = self.put(table).to(torch.int64)
        hidden = None if sight is None else self.put(~sight.mask)
        return lambda queries, keys, values, start: attend(
            attention, powers, queries, keys, values, start, hidden
        )

    def cache(self, attention: Attention, num_lanes: int, context: int) -> Tensor:
        """Return a cache of zeros."""
        shape = (num_lanes, attention.num_key_heads, context, attention.head_width)
        return torch.zeros(shape, dtype=torch.int16, device=self._device)

    def store(self, values: Tensor, start: int, cache: Tensor) -> None:
        """Clamp and copy."""
        num_lanes, num_heads, _, width = cache.shape
        heads = values.clamp(-KEY_LIMIT, KEY_LIMIT).to(torch.int16)
        heads = heads.view(num_lanes, -1, num_heads, width).transpose(1, 2)
        cache[:, :, start : start + heads.shape[2]] = heads

    def quantise(self, values: Tensor, limit: int) -> Rows[Tensor]:
        """Return row-scaled integers."""
        return _quantise(values.to(torch.int64), limit)

    def gate(self, gates: Tensor, values: Tensor, clip: int) -> Tensor:
        """Multiply."""
        products = gates.to(torch.int64) * values + (1 << (OUTPUT_BITS - 1))
        return torch.bitwise_right_shift(products, OUTPUT_BITS).clamp(-clip, clip).to(torch.int32)

    def prepare_recurrence(
        self, recurrence: Recurrence
    ) -> Callable[[Tensor, Tensor, Tensor], tuple[Tensor, Tensor]]:
        """Return the recurrence."""
        table = self.put(recurrence.table).to(torch.int64)
        half = TABLE_SIZE // 2

        def apply(states: Tensor, gates: Tensor, candidates: Tensor) -> tuple[Tensor, Tensor]:
            shares = table[gates.to(torch.int64).clamp(-half, half - 1) + half]
            fine = candidates.to(torch.int64) << (STATE_BITS - INPUT_BITS)
            after = []
            for first in range(0, len(gates), len(states)):
                step = slice(first, first + len(states))
                change = shares[step] * (fine[step] - states) + (1 << (GATE_BITS - 1))
                states = states + torch.bitwise_right_shift(change, GATE_BITS).to(torch.int32)
                after.append(states)
            return torch.cat(after), states

        return apply

    def square(self, values: Tensor, clip: int) -> Tensor:
        """Square."""
        positive = values.to(torch.int64).clamp(0, clip)
        squares = positive * positive + (1 << (OUTPUT_BITS - 1))
        return torch.bitwise_right_shift(squares, OUTPUT_BITS).to(torch.int32)

    def add(self, values: Tensor, increments: Tensor, clip: int) -> Tensor:
        """Add."""
        return (values.to(torch.int64) + increments).clamp(-clip, clip).to(torch.int32)

    def columns(self, values: Tensor, start: int, stop: int) -> Tensor:
        """Return a view."""
        return values[:, start:stop]

    def last_steps(self, values: Tensor, num_lanes: int) -> Tensor:
        """Return the last step of each lane."""
        return values.view(num_lanes, -1, values.shape[1])[:, -1]

    def prepare_frequencies(self, table: NDArray[np.int32]) -> Callable[[Tensor], Frequencies]:
        """Return the exact softmax."""
        powers = self.put(table).to(torch.int64)

        def apply(logits: Tensor) -> Frequencies:
            wide = logits.to(torch.int64)
            best = wide.amax(1, keepdim=True)
            numbers = torch.arange(wide.shape[1], device=wide.device).expand_as(wide)
            first_best = numbers.masked_fill(wide != best, wide.shape[1]).amin(1, keepdim=True)
            distances = best - wide
            octaves = torch.bitwise_right_shift(distances, EXP2_BITS).clamp(max=EXP2_TABLE_BITS + 1)
            fractions = powers[torch.bitwise_and(distances, (1 << EXP2_BITS) - 1)]
            weights = torch.bitwise_right_shift(fractions, octaves)
            totals = weights.sum(1, keepdim=True)
            tables = 1 + divide(weights * (TOTAL - wide.shape[1]), totals)
            missing = TOTAL - tables.sum(1, keepdim=True)
            out: Frequencies = tables.scatter_add(1, first_best, missing).int().cpu().numpy()
            return out

        return apply


def _rotate(values: Tensor, head_width: int, cosines: Tensor, sines: Tensor) -> Tensor:
    """Return (lanes * steps, K) rotated by cosines and sines (steps, head_width // 2)."""
    # (lanes, steps, heads, 2, width / 2)
    shape = -1, len(cosines), values.shape[1] // head_width, 2, head_width // 2
    x, y = values.to(torch.int64).reshape(shape).unbind(3)
    c, s = cosines[:, None], sines[:, None]
    turned = torch.stack([x * c - y * s, y * c + x * s], 3) + (1 << 13)
    return torch.bitwise_right_shift(turned, 14).view(values.shape).to(torch.int32)


def _quantise(values: Tensor, limit: int) -> Rows[Tensor]:
    mantissas, exponents = row_scale(values.abs().amax(1))
    scales = torch.bitwise_left_shift(mantissas, exponents)
    reciprocals = divide(limit << RECIPROCAL_BITS, scales)
    half = 1 << (RECIPROCAL_BITS - 1)
    quantised = torch.bitwise_right_shift(values * reciprocals[:, None] + half, RECIPROCAL_BITS)
    return Rows(quantised.to(torch.int16), mantissas, exponents)
