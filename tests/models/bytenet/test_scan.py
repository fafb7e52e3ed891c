"""The scan equals the recurrence, whatever the chunks."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from neurocomp.models.bytenet.scan import gated_scan


def reference(gates: Tensor, candidates: Tensor, initial: Tensor) -> Tensor:
    states, state = [], initial
    for z, c in zip(gates, candidates, strict=True):
        state = state + z * (c - state)
        states.append(state)
    return torch.stack(states)


def inputs(num_steps: int) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(num_steps)
    gates = torch.rand(num_steps, 2, 3, generator=generator, dtype=torch.float64)
    candidates = torch.randn(num_steps, 2, 3, generator=generator, dtype=torch.float64)
    initial = torch.randn(2, 3, generator=generator, dtype=torch.float64)
    return gates.requires_grad_(), candidates.requires_grad_(), initial.requires_grad_()


@pytest.mark.parametrize("num_chunks", [1, 2, 3, 7, 10])
@pytest.mark.parametrize("num_steps", [1, 7, 20])
def test_values_and_gradients(num_steps: int, num_chunks: int) -> None:
    tensors = inputs(num_steps)
    weights = torch.linspace(-1, 1, num_steps * 6, dtype=torch.float64).view(num_steps, 2, 3)
    expected = reference(*tensors)
    gradients = torch.autograd.grad((expected * weights).sum(), tensors)
    states = gated_scan(*tensors, num_chunks)
    torch.testing.assert_close(states, expected)
    for got, wanted in zip(
        torch.autograd.grad((states * weights).sum(), tensors), gradients, strict=True
    ):
        torch.testing.assert_close(got, wanted)


@pytest.mark.parametrize("num_chunks", [1, 8])
def test_closed_and_open_gates_are_stable(num_chunks: int) -> None:
    gates = torch.zeros(64, 1, 2)
    gates[:, :, 1] = 1
    candidates = torch.randn(64, 1, 2)
    initial = torch.ones(1, 2)
    states = gated_scan(gates, candidates, initial, num_chunks)
    assert torch.equal(states[:, :, 0], torch.ones(64, 1))
    assert torch.equal(states[:, :, 1], candidates[:, :, 1])
