"""The interface of autoencoders."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import NamedTuple

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn import functional

from neurocomp.models.dalle.autoencoders.config import AutoencoderConfig, Shape

EPSILON = 0.1
"""Margin of `map_pixels`, as in the paper."""
LEVELS = 256
MIN_LOG_SCALE, MAX_LOG_SCALE = -6.0, 2.0
"""A flat image would otherwise be worth any scale, and the rest of them nothing."""


def map_pixels(pixels: Tensor) -> Tensor:
    """Map 0..1 to EPSILON..1 - EPSILON, where the logit has no poles."""
    return (1 - 2 * EPSILON) * pixels + EPSILON


def unmap_pixels(mapped: Tensor) -> Tensor:
    """Undo `map_pixels`, and clamp to 0..1."""
    return ((mapped - EPSILON) / (1 - 2 * EPSILON)).clamp(0, 1)


def num_statistics(config: Shape) -> int:
    """Return the channels that a decoder has to give."""
    return 6 if config.likelihood == "logit-laplace" else 3


def seen(config: AutoencoderConfig, images: Tensor) -> Tensor:
    """Return the encoder's input for images (B, 3, H, W) in 0..1."""
    mapped = map_pixels(images)
    return mapped - 0.5 if config.centred else mapped


def to_pixels(config: Shape, statistics: Tensor) -> Tensor:
    """Return the likeliest image, (B, 3, H, W) in 0..1, of a decoder's output (B, C, H, W)."""
    statistics = statistics.float()
    if config.likelihood == "logit-laplace":
        return unmap_pixels(torch.sigmoid(statistics[:, :3]))
    return (statistics + 0.5).clamp(0, 1)


def nats(config: Shape, statistics: Tensor, pixels: Tensor) -> Tensor:
    """Return -log p of each sub-pixel as one of 256 levels, (B, 3, H, W).

    The density at the level counts for its whole interval of 1 / 256.  Logit-Laplace: equation 2 of
    appendix A.3 of the paper, ``statistics`` are mu and ln b.

    Args:
        config: configuration that names the likelihood.
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


class Terms(NamedTuple):
    """Terms of a loss, scalars in bits for each sub-pixel ("bits per dim")."""

    reconstruction: Tensor
    """-log2 p(image | latents)."""
    divergence: Tensor
    """KL of the latents' distribution from the uniform prior."""
    balance: Tensor
    """KL of the mean distribution over all positions from the uniform one."""
    distance: Tensor
    """VQ-VAE: squared distances of encodings and codes, weighted; no bits."""


class Autoencoder(nn.Module):
    """Images as grids of codes, and codes as images.

    Attributes:
        config: shape and kind.
        usage: number of times that each code was taken since the last revival, (K,).
        distortion: sum of the squared distances from each code of the encodings that took it since
            then, (K,); 0 where codes are not chosen by distance.
        per_code: names of the tensors that have a row for each code.
    """

    config: Shape
    usage: Tensor
    distortion: Tensor
    per_code: tuple[str, ...]

    def __init__(self, config: Shape) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("usage", torch.zeros(config.num_codes))
        self.register_buffer("distortion", torch.zeros(config.num_codes))

    @abstractmethod
    def forward(self, images: Tensor, temperature: float) -> Terms:
        """Return the terms of the loss of images (B, 3, H, W) in 0..1.

        Args:
            images: float32, H and W are multiples of f.
            temperature: temperature of a dVAE's relaxation; 1 for a VQ-VAE.
        """

    @abstractmethod
    def encode(self, images: Tensor) -> Tensor:
        """Return the codes (B, H / f, W / f), int64, of images (B, 3, H, W) in 0..1."""

    @abstractmethod
    def draw(self, images: Tensor) -> Tensor:
        """Return codes like those of `encode`, drawn from q(codes | image)."""

    @abstractmethod
    def statistics(self, codes: Tensor) -> Tensor:
        """Return the decoder's output for codes (B, h, w)."""

    @abstractmethod
    def soft(self, images: Tensor) -> Tensor:
        """Return images (B, 3, H, W) as reconstructed without choosing codes."""

    @abstractmethod
    def _replace(self, dead: Tensor, kept: Tensor, noise: Tensor) -> None:
        """Make the codes ``dead`` (n,) near copies of ``kept`` (n,), with noise (n, width)."""

    def decode(self, codes: Tensor) -> Tensor:
        """Return images (B, 3, H, W) in 0..1 of codes (B, h, w)."""
        return to_pixels(self.config, self.statistics(codes))

    def hard_bits(self, images: Tensor, codes: Tensor) -> Tensor:
        """Return -log2 p(image | codes) of each image, (B,)."""
        return nats(self.config, self.statistics(codes), images).sum((1, 2, 3)) / math.log(2)

    @torch.no_grad()
    def revive(self, seed: int) -> int:
        """Give the codes that were not taken since the last time a new life; return how many.

        A dead code becomes a near copy of one that distorts much, or is taken often where that is
        not known, so that they share its work and grow apart (Y. Linde, A. Buzo, R. Gray, An
        algorithm for vector quantizer design, 1980): what is taken often but fits, as a plain
        background does, needs no second code.  Every process that trains does the same.
        """
        usage = self.usage
        dead = (usage == 0).nonzero().flatten()
        if 0 < len(dead) < len(usage):
            draw = torch.Generator().manual_seed(seed)
            work = self.distortion if self.distortion.any() else usage
            kept = torch.multinomial(work.cpu(), len(dead), replacement=True, generator=draw)
            noise = torch.randn(len(dead), self.config.code_width, generator=draw)
            self._replace(dead, kept.to(dead.device), noise.to(dead.device))
        self.usage.zero_()
        self.distortion.zero_()
        return len(dead)

    def _count(self, codes: Tensor) -> None:
        counts = torch.bincount(codes.flatten(), minlength=self.config.num_codes)
        # Buffers are those of the first process at each step: all count what all have taken.
        self.usage += over_processes(counts) if self.training else counts


def over_processes(values: Tensor) -> Tensor:
    """Return ``values`` summed over the processes that train together."""
    if not (dist.is_available() and dist.is_initialized()):
        return values
    total = values.clone()
    dist.all_reduce(total)
    return total


def from_first(values: Tensor) -> Tensor:
    """Return the first process's ``values``, in all that train together."""
    if not (dist.is_available() and dist.is_initialized()):
        return values
    values = values.clone()
    dist.broadcast(values, 0)
    return values


def divergence_from_uniform(log_shares: Tensor) -> Tensor:
    """Return the KL in bits of distributions, log-probabilities (..., K), from the uniform one."""
    nats = (log_shares.exp() * log_shares).sum(-1) + math.log(log_shares.shape[-1])
    return nats / math.log(2)
