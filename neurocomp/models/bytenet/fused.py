"""The gated recurrence and its gate of the output as one kernel each way, in Triton.

A program takes some channels of one sequence through time, tile by tile: within a tile a parallel
scan (Blelloch 1990), between tiles the last state.  The backward kernel does the same from the end:
what flows into a state's gradient obeys the same recurrence.
"""

from __future__ import annotations

from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor

TIME_TILE = 32
CHANNEL_TILE = 32
SHUT = tl.constexpr(-1e30)
"""Input of a gate beyond the sequence's ends: it does not open, so states stay."""


class FusedRecurrence(torch.autograd.Function):
    """See `neurocomp.models.bytenet.scan.gated_recurrence`, which calls it on CUDA devices."""

    @staticmethod
    def forward(ctx: Any, gates: Tensor, initial: Tensor) -> tuple[Tensor, Tensor]:
        """Return the outputs and the last state."""
        num_steps, batch, width = _shape(gates)
        gates, initial = gates.contiguous(), initial.float().contiguous()
        states = torch.empty(num_steps, batch, width, dtype=torch.float32, device=gates.device)
        outputs = torch.empty(num_steps, batch, width, dtype=gates.dtype, device=gates.device)
        _forward[_grid(gates)](
            gates, initial, states, outputs, num_steps, batch, width, TIME_TILE, CHANNEL_TILE
        )
        ctx.save_for_backward(gates, initial, states)
        return outputs, states[-1].clone()

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor]:
        """Return the gradients of the gates and of the initial state."""
        gates, initial, states = ctx.saved_tensors
        num_steps, batch, width = states.shape
        gate_grads, initial_grads = torch.empty_like(gates), torch.empty_like(initial)
        _backward[_grid(gates)](
            gates,
            initial,
            states,
            grads[0].contiguous(),
            grads[1].float().contiguous(),
            gate_grads,
            initial_grads,
            num_steps,
            batch,
            width,
            TIME_TILE,
            CHANNEL_TILE,
        )
        return gate_grads, initial_grads


def _shape(gates: Tensor) -> tuple[int, int, int]:
    num_steps, batch, columns = gates.shape
    return num_steps, batch, columns // 3


def _grid(gates: Tensor) -> tuple[int, int]:
    _, batch, width = _shape(gates)
    return batch, triton.cdiv(width, CHANNEL_TILE)


@triton.jit
def _then(decay, state, next_decay, next_state):  # type: ignore[no-untyped-def]
    """Return one step that does what two do, the first of them first."""
    return decay * next_decay, state * next_decay + next_state


@triton.jit
def _forward(  # type: ignore[no-untyped-def]
    gates,
    initial,
    states,
    outputs,
    num_steps,
    batch,
    width,
    tile_times: tl.constexpr,
    tile_channels: tl.constexpr,
):
    row = tl.program_id(0)
    channels = tl.program_id(1) * tile_channels + tl.arange(0, tile_channels)
    inside = channels < width
    tile = tl.arange(0, tile_times)
    state = tl.load(initial + row * width + channels, mask=inside, other=0.0)
    for start in range(0, num_steps, tile_times):
        times = start + tile
        known = (times < num_steps)[:, None] & inside[None, :]
        places = (times.to(tl.int64) * batch + row)[:, None]
        source = gates + places * (3 * width) + channels[None, :]
        z = tl.sigmoid(tl.load(source, mask=known, other=SHUT).to(tl.float32))
        o = tl.load(source + width, mask=known, other=0.0).to(tl.float32)
        c = tl.load(source + 2 * width, mask=known, other=0.0).to(tl.float32)
        decays, tile_states = tl.associative_scan((1 - z, z * c), 0, _then)
        tile_states += decays * state[None, :]
        opened = tile_states * o * tl.sigmoid(o)
        target = places * width + channels[None, :]
        tl.store(states + target, tile_states, mask=known)
        tl.store(outputs + target, opened.to(outputs.dtype.element_ty), mask=known)
        state = tl.sum(tl.where((tile == tile_times - 1)[:, None], tile_states, 0.0), axis=0)


@triton.jit
def _backward(  # type: ignore[no-untyped-def]
    gates,
    initial,
    states,
    output_grads,
    last_grads,
    gate_grads,
    initial_grads,
    num_steps,
    batch,
    width,
    tile_times: tl.constexpr,
    tile_channels: tl.constexpr,
):
    row = tl.program_id(0)
    channels = tl.program_id(1) * tile_channels + tl.arange(0, tile_channels)
    inside = channels < width
    tile = tl.arange(0, tile_times)
    flow = tl.load(last_grads + row * width + channels, mask=inside, other=0.0)
    first = tl.load(initial + row * width + channels, mask=inside, other=0.0)
    for start in range(0, num_steps, tile_times):
        times = num_steps - 1 - start - tile  # backwards
        known = (times >= 0)[:, None] & inside[None, :]
        places = (times.to(tl.int64) * batch + row)[:, None]
        source = gates + places * (3 * width) + channels[None, :]
        z = tl.sigmoid(tl.load(source, mask=known, other=SHUT).to(tl.float32))
        o = tl.load(source + width, mask=known, other=0.0).to(tl.float32)
        c = tl.load(source + 2 * width, mask=known, other=0.0).to(tl.float32)
        has_next = known & (times < num_steps - 1)[:, None]
        z_next = tl.load(source + 3 * width * batch, mask=has_next, other=SHUT)
        decay_next = 1 - tl.sigmoid(z_next.to(tl.float32))
        target = places * width + channels[None, :]
        state = tl.load(states + target, mask=known, other=0.0)
        has_previous = known & (times > 0)[:, None]
        previous = tl.load(states + target - width * batch, mask=has_previous, other=0.0)
        previous = tl.where((times > 0)[:, None], previous, first[None, :])
        grad = tl.load(output_grads + target, mask=known, other=0.0).to(tl.float32)
        shut = tl.sigmoid(o)
        decays, flows = tl.associative_scan((decay_next, grad * o * shut), 0, _then)
        flows += decays * flow[None, :]
        dtype = gate_grads.dtype.element_ty
        into = gate_grads + places * (3 * width) + channels[None, :]
        tl.store(into, (flows * (c - previous) * z * (1 - z)).to(dtype), mask=known)
        slope = shut * (1 + o * (1 - shut))
        tl.store(into + width, (grad * state * slope).to(dtype), mask=known)
        tl.store(into + 2 * width, (flows * z).to(dtype), mask=known)
        flow = tl.sum(tl.where((tile == tile_times - 1)[:, None], flows, 0.0), axis=0)
    z = tl.sigmoid(tl.load(gates + row * (3 * width) + channels, mask=inside).to(tl.float32))
    tl.store(initial_grads + row * width + channels, flow * (1 - z), mask=inside)
