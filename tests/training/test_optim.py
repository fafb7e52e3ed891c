"""Optimizers and their schedule."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from neurocomp.training.config import OptimizerConfig
from neurocomp.training.optim import Muon, build_optimizers, orthogonal, rate_factor, set_rates


def test_updates_are_nearly_orthogonal() -> None:
    generator = torch.Generator().manual_seed(0)
    matrices = [
        torch.randn(shape, generator=generator) for shape in [(8, 8), (24, 8), (8, 24), (8, 8)]
    ]
    for matrix, nearest in zip(matrices, orthogonal(matrices), strict=True):
        left, _, right = torch.linalg.svd(matrix, full_matrices=False)
        values = torch.linalg.svdvals(nearest)
        assert 0.6 < float(values.min()) <= float(values.max()) < 1.3
        assert float((nearest * (left @ right)).sum()) > 0.9 * 8 * 0.7
        torch.testing.assert_close(nearest, orthogonal([matrix])[0])


def test_parts_are_moved_apart() -> None:
    gradient = torch.randn(24, 8, generator=torch.Generator().manual_seed(0))
    whole = nn.Parameter(torch.zeros(24, 8))
    parts = [nn.Parameter(torch.zeros(8, 8)) for _ in range(3)]
    whole.grad = gradient.clone()
    for part, own in zip(parts, gradient.chunk(3), strict=True):
        part.grad = own.clone()
    Muon([(whole, 3)], 0.1, 0.9, 0.0).step()
    Muon([(part, 1) for part in parts], 0.1, 0.9, 0.0).step()
    torch.testing.assert_close(whole.detach(), torch.cat([part.detach() for part in parts]))


@pytest.mark.skipif(not hasattr(torch.optim, "Muon"), reason="torch has had it since 2.9")
@pytest.mark.parametrize("shape", [(32, 32), (96, 32)])
def test_a_matrix_of_one_part_moves_as_torch_has_it(shape: tuple[int, int]) -> None:
    generator = torch.Generator().manual_seed(0)
    start = torch.randn(shape, generator=generator)
    ours, theirs = nn.Parameter(start.clone()), nn.Parameter(start.clone())
    optimizers = (
        Muon([(ours, 1)], 0.02, 0.9, 0.05),
        torch.optim.Muon([theirs], lr=0.02, momentum=0.9, weight_decay=0.05),
    )
    for _ in range(4):
        gradient = torch.randn(shape, generator=generator)
        for parameter, optimizer in zip((ours, theirs), optimizers, strict=True):
            parameter.grad = gradient.clone()
            optimizer.step()
    moved, expected = (one.detach() - start for one in (ours, theirs))
    assert float((moved - expected).norm() / expected.norm()) < 0.05  # bfloat16's rounding


def test_every_parameter_has_one_optimizer() -> None:
    module = nn.Linear(4, 4)
    for name, count in (("adamw", 1), ("muon", 2)):
        optimizers = build_optimizers(module, {"weight": 1}, OptimizerConfig(name=name))
        assert len(optimizers) == count
        held = [p for o in optimizers for group in o.param_groups for p in group["params"]]
        assert {id(p) for p in held} == {id(p) for p in module.parameters()}
        assert len(held) == 2
        set_rates(optimizers, 0.5)
        assert optimizers[-1].param_groups[0]["lr"] == 0.5 * OptimizerConfig().rate


def test_the_schedule() -> None:
    config = OptimizerConfig(warmup=0.1, final=0.1)
    factors = [rate_factor(step, 100, config) for step in range(100)]
    assert factors[:10] == sorted(factors[:10])
    assert factors[10:] == sorted(factors[10:], reverse=True)
    assert factors[10] == 1
    assert factors[55] == pytest.approx(0.55)
    assert factors[99] == pytest.approx(0.1, abs=0.001)
    assert rate_factor(200, 100, config) == pytest.approx(0.1)
