"""Finite scalar quantisation: codes without a codebook.

F. Mentzer et al., Finite scalar quantization: VQ-VAE made simple, 2024.  A few numbers at each
place are bounded and rounded to a few levels; all combinations of levels are the codes, so that
none has to be learnt and none can die, however many there are.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from neurocomp.models.dalle.autoencoders.base import (
    Autoencoder,
    Terms,
    nats,
    num_statistics,
    seen,
    to_pixels,
)
from neurocomp.models.dalle.autoencoders.blocks import Convolution, decoder, encoder
from neurocomp.models.dalle.autoencoders.config import AutoencoderConfig, fsq_levels

_MARGIN = 1e-3
"""The outermost levels are reached by finite numbers."""


class FSQ(Autoencoder):
    """Numbers rounded to levels; gradients go past the rounding, straight through.

    Code c has the levels ``c // bases % levels``, the first number's being its lowest digit.
    """

    config: AutoencoderConfig
    per_code = ("usage", "distortion")

    def __init__(self, config: AutoencoderConfig) -> None:
        super().__init__(config)
        self._levels = fsq_levels(config.num_codes)
        self.encoder = encoder(config, len(self._levels))
        self.expansion = Convolution(len(self._levels), config.code_width, 1)
        self.decoder = decoder(config, num_statistics(config))

    def forward(self, images: Tensor, temperature: float) -> Terms:
        """See `Autoencoder.forward`."""
        bounded = self._bounded(images)  # (B, h, w, d)
        rounded = bounded.round()
        passed = bounded + (rounded - bounded).detach()
        statistics = self._decode(passed)
        bits = nats(self.config, statistics, images).mean() / math.log(2)
        per_latent = images[0].numel() / (bounded.shape[1] * bounded.shape[2])
        with torch.no_grad():
            self._count(self._codes(rounded))
        zero = torch.zeros((), device=images.device)
        # A choice without doubt is log2 K bits away from the uniform distribution.
        divergence = torch.full_like(bits, math.log2(self.config.num_codes) / per_latent)
        return Terms(bits, divergence, zero, zero)

    def encode(self, images: Tensor) -> Tensor:
        """See `Autoencoder.encode`."""
        return self._codes(self._bounded(images).round())

    def draw(self, images: Tensor) -> Tensor:
        """See `Autoencoder.draw`: there is no doubt."""
        return self.encode(images)

    def statistics(self, codes: Tensor) -> Tensor:
        """See `Autoencoder.statistics`."""
        levels, bases = self._tables(codes.device)
        digits = codes[..., None] // bases % levels
        return self._decode((digits - levels // 2).float())

    def soft(self, images: Tensor) -> Tensor:
        """See `Autoencoder.soft`: the decoder is given the numbers as they are."""
        return to_pixels(self.config, self._decode(self._bounded(images)))

    def revive(self, seed: int) -> int:
        """See `Autoencoder.revive`: no code can die."""
        self.usage.zero_()
        return 0

    def _replace(self, dead: Tensor, kept: Tensor, noise: Tensor) -> None:
        raise NotImplementedError("codes of scalars are not learnt")

    def _tables(self, device: torch.device) -> tuple[Tensor, Tensor]:
        """Return the levels of each number, and what one of them counts for in a code, (d,)."""
        levels = torch.tensor(self._levels, device=device)
        bases = torch.cat([levels.new_ones(1), levels.cumprod(0)[:-1]])
        return levels, bases

    def _bounded(self, images: Tensor) -> Tensor:
        """Return numbers (B, h, w, d) whose nearest integers are -L // 2 to L // 2 - (L even)."""
        numbers = self.encoder(seen(self.config, images)).float().permute(0, 2, 3, 1)
        levels = self._tables(images.device)[0]
        reach = (levels - 1) * (1 + _MARGIN) / 2
        offset = torch.where(levels % 2 == 0, 0.5, 0.0)
        shift = torch.atanh(offset / reach)
        bounded: Tensor = torch.tanh(numbers + shift) * reach - offset
        return bounded

    def _codes(self, rounded: Tensor) -> Tensor:
        """Return the codes (B, h, w) of integers (B, h, w, d)."""
        levels, bases = self._tables(rounded.device)
        digits = (rounded.long() + levels // 2).clamp(min=0).minimum(levels - 1)
        return (digits * bases).sum(-1)

    def _decode(self, numbers: Tensor) -> Tensor:
        levels = self._tables(numbers.device)[0]
        scaled = (numbers / (levels // 2)).permute(0, 3, 1, 2)
        features: Tensor = self.decoder(self.expansion(scaled))
        return features
