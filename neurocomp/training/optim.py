"""Optimizers and the schedule of their learning rates."""

from __future__ import annotations

import math

import torch
from torch import nn

from neurocomp.training.config import OptimizerConfig
from neurocomp.training.muon import Muon


def build_optimizers(
    module: nn.Module, matrices: dict[str, int], config: OptimizerConfig
) -> list[torch.optim.Optimizer]:
    """Return the optimizers that together move every parameter of ``module``.

    Args:
        module: what is trained.
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
