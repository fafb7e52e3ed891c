"""Muon: momentum whose every update is made orthogonal."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

from neurocomp.training.precision import uses_bfloat16

NEWTON_SCHULZ_STEPS = 5
COEFFICIENTS = (3.4445, -4.775, 2.0315)


class Muon(torch.optim.Optimizer):
    """Moves matrices along the nearest orthogonal matrix to their momentum.

    Jordan et al. 2024, "Muon: an optimizer for hidden layers in neural networks".  A matrix that
    holds several maps side by side (the parts of a gate, say) is treated as that many matrices.

    Args:
        parameters: pairs of a matrix and the number of its parts along its longer side.
        rate: the learning rate; weight decay is decoupled and multiplied by it.
    """

    def __init__(
        self,
        parameters: Iterable[tuple[nn.Parameter, int]],
        rate: float,
        momentum: float,
        weight_decay: float,
    ) -> None:
        groups = [{"params": [parameter], "parts": parts} for parameter, parts in parameters]
        defaults = {"lr": rate, "momentum": momentum, "weight_decay": weight_decay}
        super().__init__(groups, defaults)

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> None:  # type: ignore[override]
        """Update every matrix that has a gradient."""
        for group in self.param_groups:
            for matrix in group["params"]:
                if matrix.grad is None:
                    continue
                state = self.state[matrix]
                if not state:
                    state["momentum"] = torch.zeros_like(matrix)
                average = state["momentum"]
                average.lerp_(matrix.grad, 1 - group["momentum"])
                ahead = matrix.grad.lerp(average, group["momentum"])  # Nesterov
                side = 0 if matrix.shape[0] >= matrix.shape[1] else 1
                parts = ahead.chunk(group["parts"], dim=side)
                update = torch.cat([_scaled(orthogonal(part)) for part in parts], dim=side)
                matrix.mul_(1 - group["lr"] * group["weight_decay"])
                matrix.add_(update, alpha=-group["lr"])


def orthogonal(matrix: Tensor) -> Tensor:
    """Return about the nearest matrix with singular values near 1, by Newton-Schulz iteration."""
    a, b, c = COEFFICIENTS
    dtype = torch.bfloat16 if uses_bfloat16("auto", matrix.device) else torch.float32
    x = matrix.to(dtype)
    is_tall = x.shape[0] > x.shape[1]
    if is_tall:
        x = x.t()
    x = x / (x.norm() + 1e-7)
    for _ in range(NEWTON_SCHULZ_STEPS):
        gram = x @ x.t()
        x = a * x + (b * gram + c * gram @ gram) @ x
    nearest: Tensor = (x.t() if is_tall else x).to(matrix.dtype)
    return nearest


def _scaled(update: Tensor) -> Tensor:
    longer, shorter = max(update.shape), min(update.shape)
    return update * math.sqrt(longer / shorter)
