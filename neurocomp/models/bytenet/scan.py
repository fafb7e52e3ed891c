"""Gated linear recurrence over a sequence, in chunks that advance together.

Within a chunk the recurrence is computed step by step, for all chunks at once; what one chunk hands
to the next is added afterwards, times the product of the gates so far.  All factors are in 0..1 and
nothing is divided, so it is stable for any gates.  T steps take about T/n + n operations with n
chunks (Blelloch 1990, "Prefix Sums and Their Applications", cuts a scan over processors so).
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from neurocomp.extras import has

HAS_TRITON = has("triton")
"""Whether one kernel does it all on a GPU: Triton comes with torch for CUDA, on Linux."""


def gated_recurrence(parts: Tensor, initial: Tensor) -> tuple[Tensor, Tensor]:
    """Return h_t silu(o_t) of the states h_1..h_T of `gated_scan`, and h_T.

    Args:
        parts: inputs of the gates' sigmoid, o, and the candidates, side by side, shape (T, B, 3d).
        initial: h_0, shape (B, d), float32.

    Returns:
        The outputs, shape (T, B, d), and the last state, shape (B, d), float32: what adds up over
        many steps is kept so, whatever autocast does to products.
    """
    if parts.is_cuda and HAS_TRITON:
        from neurocomp.models.bytenet.fused import FusedRecurrence

        fused: tuple[Tensor, Tensor] = FusedRecurrence.apply(  # type: ignore[no-untyped-call]
            parts, initial
        )
        return fused
    gates, opening, candidates = parts.chunk(3, dim=-1)
    states = gated_scan(torch.sigmoid(gates.float()), candidates.float(), initial)
    return states * functional.silu(opening), states[-1]


def gated_scan(gates: Tensor, candidates: Tensor, initial: Tensor, num_chunks: int = 0) -> Tensor:
    """Return h_1..h_T of h_t = h_{t-1} + z_t (c_t - h_{t-1}); differentiable in all three.

    Args:
        gates: z, shape (T, B, d), values in 0..1.
        candidates: c, of the same shape and dtype.
        initial: h_0, shape (B, d).
        num_chunks: number of chunks that advance together; 0 takes one on a CPU, where a step is
            cheap, and about sqrt(T) elsewhere.

    Returns:
        h, shape (T, B, d).
    """
    if num_chunks < 1:
        on_cpu = gates.device.type == "cpu"
        num_chunks = 1 if on_cpu else max(1, math.isqrt(gates.shape[0]))
    states: Tensor = _GatedScan.apply(  # type: ignore[no-untyped-call]
        gates, candidates, initial, num_chunks
    )
    return states


class _GatedScan(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, gates: Tensor, candidates: Tensor, initial: Tensor, num_chunks: int
    ) -> Tensor:
        decays = 1 - gates
        states = linear_scan(decays, gates * candidates, initial, num_chunks)
        ctx.save_for_backward(gates, candidates, initial, states)
        ctx.num_chunks = num_chunks
        return states

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        gates, candidates, initial, states = ctx.saved_tensors
        # dL/dh_t gathers what comes from h_{t+1}: the same recurrence, backwards in time.
        decays = torch.empty_like(gates)
        torch.sub(1, gates[1:], out=decays[:-1])
        decays[-1] = 0
        flow = linear_scan(
            decays.flip(0), grads[0].flip(0), torch.zeros_like(initial), ctx.num_chunks
        ).flip(0)
        previous = torch.cat((initial[None], states[:-1]))  # (T, B, d)
        return (
            flow * (candidates - previous),
            flow * gates,
            flow[0] * (1 - gates[0]),
            None,
        )


def linear_scan(decays: Tensor, inputs: Tensor, initial: Tensor, num_chunks: int) -> Tensor:
    """Return h_1..h_T of h_t = a_t h_{t-1} + x_t; not differentiable.

    Args:
        decays: a, shape (T, B, d).
        inputs: x, of the same shape and dtype.
        initial: h_0, shape (B, d).
        num_chunks: number of chunks that advance together, at least 1.
    """
    num_steps = inputs.shape[0]
    if num_chunks == 1:
        return _steps(decays, inputs, initial)
    chunk = -(-num_steps // num_chunks)
    padding = (0, 0, 0, 0, 0, chunk * num_chunks - num_steps)
    shape = (num_chunks, chunk, *inputs.shape[1:])
    # Time comes first, chunks second: (chunk, n, B, d).
    a = functional.pad(decays, padding, value=1.0).view(shape).transpose(0, 1)
    x = functional.pad(inputs, padding).view(shape).transpose(0, 1)
    local = _steps(a, x, torch.zeros_like(x[0]))
    products = a.contiguous()
    for t in range(1, chunk):
        products[t] *= products[t - 1]
    carries = [initial]
    for k in range(num_chunks - 1):
        carries.append(torch.addcmul(local[-1, k], products[-1, k], carries[-1]))
    local.addcmul_(products, torch.stack(carries))
    return local.transpose(0, 1).reshape(-1, *inputs.shape[1:])[:num_steps]


def _steps(decays: Tensor, inputs: Tensor, initial: Tensor) -> Tensor:
    states = torch.empty(inputs.shape, dtype=inputs.dtype, device=inputs.device)
    state = initial
    for t in range(inputs.shape[0]):
        state = torch.addcmul(inputs[t], decays[t], state, out=states[t])
    return states
