"""The cross entropy of logits in bfloat16, without a copy of them in float32."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional


def cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """Return the mean cross entropy in nats, a float32 scalar.

    On a CPU, logits in bfloat16 stay in bfloat16: `torch.nn.functional.cross_entropy` copies them
    to float32 under autocast, which for a vocabulary of 50,257 takes as long as the products do.
    The normaliser of a row is known to 2^-9, unbiased, and the gradient to bfloat16's precision.
    Such a graph can be walked back only once; torch raises RuntimeError the second time.

    Args:
        logits: shape (N, V), floats.
        targets: shape (N,), int64, below V.
    """
    if logits.dtype == torch.bfloat16 and logits.device.type == "cpu":
        loss: Tensor = _BFloat16.apply(logits, targets)  # type: ignore[no-untyped-call]
        return loss
    return functional.cross_entropy(logits, targets)


class _BFloat16(torch.autograd.Function):
    """Keeps the probabilities, and turns them into the gradient in place."""

    @staticmethod
    def forward(ctx: Any, logits: Tensor, targets: Tensor) -> Tensor:
        """Return the mean of -ln p(target)."""
        probabilities = torch.softmax(logits, -1)
        ctx.save_for_backward(probabilities, targets)
        likeliest = probabilities.amax(-1).float()
        behind = logits.amax(-1).float() - logits.gather(1, targets[:, None])[:, 0].float()
        return (behind - likeliest.log()).mean()

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        """Return (p - 1 at the target) / N, times the gradient of the mean."""
        probabilities, targets = ctx.saved_tensors
        rows = torch.arange(targets.numel())
        probabilities[rows, targets] -= 1
        return probabilities.mul_(gradients[0] / targets.numel()), None
