"""The cross entropy in bfloat16 is that in float32, as far as bfloat16 goes."""

import pytest
import torch
from torch.nn import functional

from neurocomp.training.cross_entropy import cross_entropy


def _case(dtype: torch.dtype) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    logits = 4 * torch.randn(512, 1_000, generator=generator)
    targets = torch.randint(0, 1_000, (512,), generator=generator)
    return logits.to(dtype).requires_grad_(), targets


def test_bfloat16_differs_by_its_rounding_only() -> None:
    logits, targets = _case(torch.bfloat16)
    expected_logits = logits.detach().float().requires_grad_()
    expected = functional.cross_entropy(expected_logits, targets)
    torch.autograd.backward(expected)
    loss = cross_entropy(logits, targets)
    torch.autograd.backward(3 * loss)
    assert loss.dtype == torch.float32
    assert abs(loss.item() - expected.item()) < 1e-3
    assert expected_logits.grad is not None
    assert logits.grad is not None
    # A probability p is rounded by at most p / 256 on its way, its gradient again.
    difference = logits.grad.float() / 3 - expected_logits.grad
    assert difference.abs().max() < 2**-6 / 512
    assert difference.norm() < 0.005 * expected_logits.grad.norm()


def test_a_second_walk_back_is_refused() -> None:
    logits, targets = _case(torch.bfloat16)
    loss = cross_entropy(logits, targets)
    torch.autograd.backward(loss, retain_graph=True)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        torch.autograd.backward(loss)


def test_float32_is_torchs_own() -> None:
    logits, targets = _case(torch.float32)
    assert torch.equal(cross_entropy(logits, targets), functional.cross_entropy(logits, targets))
