"""How likely pixels are under a decoder's output, in nats for each sub-pixel."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from neurocomp.dalle.autoencoders.config import AutoencoderConfig

EPSILON = 0.1
"""Of `map_pixels`, as in the paper."""
LEVELS = 256
MIN_LOG_SCALE, MAX_LOG_SCALE = -6.0, 2.0
"""A flat image would otherwise be worth any scale, and the rest of them nothing."""


def map_pixels(pixels: Tensor) -> Tensor:
    """Map 0..1 to EPSILON..1 - EPSILON, where the logit has no poles."""
    return (1 - 2 * EPSILON) * pixels + EPSILON


def unmap_pixels(mapped: Tensor) -> Tensor:
    """Undo `map_pixels`, and clamp to 0..1."""
    return ((mapped - EPSILON) / (1 - 2 * EPSILON)).clamp(0, 1)


def num_statistics(config: AutoencoderConfig) -> int:
    """Return the channels that a decoder has to give."""
    return 6 if config.likelihood == "logit-laplace" else 3


def to_pixels(config: AutoencoderConfig, statistics: Tensor) -> Tensor:
    """Return the likeliest image, (B, 3, H, W) in 0..1, of a decoder's output (B, C, H, W)."""
    statistics = statistics.float()
    if config.likelihood == "logit-laplace":
        return unmap_pixels(torch.sigmoid(statistics[:, :3]))
    return (statistics + 0.5).clamp(0, 1)


def nats(config: AutoencoderConfig, statistics: Tensor, pixels: Tensor) -> Tensor:
    """Return -log p of each sub-pixel as one of 256 levels, (B, 3, H, W).

    The density at the level counts for its whole interval of 1 / 256.  Logit-Laplace: equation 2 of
    appendix A.3 of the paper, ``statistics`` are mu and ln b.

    Args:
        config: says which likelihood.
        statistics: a decoder's output, (B, C, H, W).
        pixels: (B, 3, H, W) in 0..1.
    """
    statistics = statistics.float()
    if config.likelihood == "mse":
        distance = (statistics + 0.5 - pixels) / config.deviation
        scale = math.log(config.deviation * math.sqrt(2 * math.pi) * LEVELS)
        return 0.5 * distance * distance + scale
    mu, raw = statistics.chunk(2, 1)
    log_scale = MIN_LOG_SCALE + functional.softplus(raw - MIN_LOG_SCALE)
    log_scale = log_scale.clamp(max=MAX_LOG_SCALE)
    mapped = map_pixels(pixels)
    distance = (torch.logit(mapped) - mu).abs()
    jacobian = torch.log(mapped * (1 - mapped)) - math.log(1 - 2 * EPSILON)
    return distance * torch.exp(-log_scale) + log_scale + math.log(2) + jacobian + math.log(LEVELS)
