"""The kernels for GPUs equal the recurrence; without Triton and a GPU there is nothing to test."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from neurocomp.models.bytenet.scan import gated_recurrence, gated_scan

pytest.importorskip("triton")
if not torch.cuda.is_available():
    pytest.skip("no GPU", allow_module_level=True)


@pytest.mark.parametrize(("num_steps", "batch", "width"), [(1, 1, 4), (70, 3, 40), (256, 2, 64)])
def test_values_and_gradients(num_steps: int, batch: int, width: int) -> None:
    torch.manual_seed(num_steps)
    parts = torch.randn(num_steps, batch, 3 * width, device="cuda", requires_grad=True)
    initial = torch.randn(batch, width, device="cuda", requires_grad=True)
    outputs, last = gated_recurrence(parts, initial)
    weights, last_weights = torch.randn_like(outputs), torch.randn_like(last)
    ((outputs * weights).sum() + (last * last_weights).sum()).backward()  # type: ignore[no-untyped-call]
    got = outputs, last, parts.grad, initial.grad
    exact = [one.detach().double().requires_grad_() for one in (parts, initial)]
    gates, opening, candidates = exact[0].chunk(3, dim=-1)
    states = gated_scan(torch.sigmoid(gates), candidates, exact[1])
    expected = states * functional.silu(opening)
    ((expected * weights).sum() + (states[-1] * last_weights).sum()).backward()  # type: ignore[no-untyped-call]
    wanted = expected, states[-1], exact[0].grad, exact[1].grad
    for one, other in zip(got, wanted, strict=True):
        assert one is not None
        assert other is not None
        torch.testing.assert_close(one.double(), other, rtol=1e-4, atol=1e-5)
