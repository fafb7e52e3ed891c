"""Optimizers: Muon and AdamW, the schedule of their rates, and the choice of bfloat16."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from neurocomp.training.config import OptimizerConfig

NEWTON_SCHULZ_STEPS = 5
COEFFICIENTS = (3.4445, -4.775, 2.0315)


def uses_bfloat16(precision: str, device: torch.device) -> bool:
    """Return whether products are to be computed in bfloat16.

    Args:
        precision: "float32", "bfloat16" or "auto": bfloat16 where the hardware multiplies it
            faster; a CPU without instructions for it is some twenty times slower than in float32.
        device: device of the network.
    """
    if precision != "auto":
        return precision == "bfloat16"
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


class Muon(torch.optim.Optimizer):
    """Moves matrices along the nearest orthogonal matrix to their momentum.

    Jordan et al. 2024, "Muon: an optimizer for hidden layers in neural networks".  A matrix that
    holds several maps side by side (the parts of a gate, say) is treated as that many matrices.

    `torch.optim.Muon` (2.9) knows no such parts, moves wide matrices less, and computes in bfloat16
    also on processors that have no instructions for it; else it does the same.

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


def build_optimizers(
    module: nn.Module, matrices: dict[str, int], config: OptimizerConfig
) -> list[torch.optim.Optimizer]:
    """Return the optimizers that together move every parameter of ``module``.

    Args:
        module: the module to train.
        matrices: names of the matrices of hidden layers, with the number of maps each holds side
            by side; these are what Muon moves and what weight decay applies to.
        config: names and rates; the rates given to the optimizers are the highest ones.
    """
    hidden = [(p, matrices[name]) for name, p in module.named_parameters() if name in matrices]
    others = [p for name, p in module.named_parameters() if name not in matrices]
    groups = [{"params": others, "weight_decay": 0.0}]
    optimizers: list[torch.optim.Optimizer] = []
    if config.name == "muon":
        decay = config.weight_decay
        optimizers.append(Muon(hidden, config.matrix_rate, config.momentum, decay))
    else:
        groups.append({"params": [p for p, _ in hidden], "weight_decay": config.weight_decay})
    betas = (config.beta1, config.beta2)
    optimizers.append(torch.optim.AdamW(groups, lr=config.rate, betas=betas, fused=True))
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["highest_lr"] = group["lr"]
    return optimizers


def rate_factor(step: int, num_steps: int, config: OptimizerConfig) -> float:
    """Return the rate of update number ``step`` (from 0) as a share of the highest.

    It rises in a line during the warm-up, then falls along half a cosine to ``config.final``
    (Loshchilov & Hutter 2017).
    """
    num_warmup = round(config.warmup * num_steps)
    if step < num_warmup:
        return (step + 1) / (num_warmup + 1)
    progress = (step - num_warmup) / max(1, num_steps - num_warmup)
    return config.final + (1 - config.final) * 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))


def set_rates(optimizers: list[torch.optim.Optimizer], factor: float) -> None:
    """Set every learning rate to ``factor`` times its highest."""
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = group["highest_lr"] * factor
