"""Muon: momentum whose every update is made orthogonal."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
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
        moved = [
            (matrix, group)
            for group in self.param_groups
            for matrix in group["params"]
            if matrix.grad is not None
        ]
        parts = [self._parts(matrix, group) for matrix, group in moved]
        updates = iter(orthogonal([part for several in parts for part in several]))
        for (matrix, group), several in zip(moved, parts, strict=True):
            update = torch.cat([_scaled(next(updates)) for _ in several], dim=_side(matrix))
            matrix.mul_(1 - group["lr"] * group["weight_decay"])
            matrix.add_(update, alpha=-group["lr"])

    def _parts(self, matrix: Tensor, group: dict[str, Any]) -> tuple[Tensor, ...]:
        """Return the momentum of the maps in a matrix, with the gradient added."""
        assert matrix.grad is not None, "only matrices with a gradient are moved"
        state = self.state[matrix]
        if not state:
            state["momentum"] = torch.zeros_like(matrix)
        average = state["momentum"]
        average.lerp_(matrix.grad, 1 - group["momentum"])
        ahead = matrix.grad.lerp(average, group["momentum"])  # Nesterov
        return ahead.chunk(group["parts"], dim=_side(matrix))


def orthogonal(matrices: Sequence[Tensor]) -> list[Tensor]:
    """Return about the nearest matrices with singular values near 1, by Newton-Schulz iteration.

    Those of one shape, or its transpose, are multiplied together: on a GPU, launches are what takes
    the time.
    """
    wide = [matrix if matrix.shape[0] <= matrix.shape[1] else matrix.t() for matrix in matrices]
    nearest = list(wide)
    for shape in {one.shape for one in wide}:
        chosen = [index for index, one in enumerate(wide) if one.shape == shape]
        stack = _newton_schulz(torch.stack([wide[index] for index in chosen]))
        for index, one in zip(chosen, stack, strict=True):
            nearest[index] = one
    return [
        one if one.shape == matrix.shape else one.t()
        for matrix, one in zip(matrices, nearest, strict=True)
    ]


def _newton_schulz(stack: Tensor) -> Tensor:
    """Return the same of a stack of matrices, shape (n, rows, columns), rows <= columns."""
    a, b, c = COEFFICIENTS
    dtype = torch.bfloat16 if uses_bfloat16("auto", stack.device) else torch.float32
    x = stack.to(dtype)
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(NEWTON_SCHULZ_STEPS):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    nearest: Tensor = x.to(stack.dtype)
    return nearest


def _side(matrix: Tensor) -> int:
    """Return the longer side, along which the maps of a matrix lie."""
    return 0 if matrix.shape[0] >= matrix.shape[1] else 1


def _scaled(update: Tensor) -> Tensor:
    longer, shorter = max(update.shape), min(update.shape)
    return update * math.sqrt(longer / shorter)
