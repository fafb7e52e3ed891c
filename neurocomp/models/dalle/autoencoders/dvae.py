"""The discrete variational autoencoder of A. Ramesh et al., Zero-shot text-to-image generation."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from neurocomp.models.dalle.autoencoders.base import (
    Autoencoder,
    Terms,
    divergence_from_uniform,
    nats,
    num_statistics,
    seen,
    to_pixels,
)
from neurocomp.models.dalle.autoencoders.blocks import decoder, encoder
from neurocomp.models.dalle.autoencoders.config import AutoencoderConfig


class DVAE(Autoencoder):
    """A grid of categorical distributions, relaxed by Gumbel-softmax while it is trained.

    (E. Jang et al. 2017; C. Maddison et al. 2017.)
    """

    config: AutoencoderConfig
    per_code = ("usage", "distortion", "codebook", "encoder.output.weight", "encoder.output.bias")

    def __init__(self, config: AutoencoderConfig) -> None:
        super().__init__(config)
        self.encoder = encoder(config, config.num_codes)
        self.codebook = nn.Parameter(torch.randn(config.num_codes, config.code_width))
        self.decoder = decoder(config, num_statistics(config))

    def forward(self, images: Tensor, temperature: float) -> Terms:
        """See `Autoencoder.forward`."""
        logits = self._logits(images)
        flat = logits.flatten(0, 2)  # (B h w, K)
        if self.training:
            relaxed = functional.gumbel_softmax(flat, tau=temperature)
        else:
            relaxed = functional.one_hot(flat.argmax(1), flat.shape[1]).to(flat.dtype)
        statistics = self._decode(relaxed.view_as(logits))
        bits = nats(self.config, statistics, images).mean() / math.log(2)
        log_shares = functional.log_softmax(flat, 1)
        per_latent = images[0].numel() / (logits.shape[1] * logits.shape[2])
        mean = log_shares.exp().mean(0).clamp(min=1e-12)
        with torch.no_grad():
            self._count(flat.argmax(1))
        return Terms(
            bits,
            divergence_from_uniform(log_shares).mean() / per_latent,
            divergence_from_uniform(mean.log()) / per_latent,
            torch.zeros((), device=images.device),
        )

    def encode(self, images: Tensor) -> Tensor:
        """See `Autoencoder.encode`."""
        return self._logits(images).argmax(-1)

    def draw(self, images: Tensor) -> Tensor:
        """See `Autoencoder.draw`."""
        logits = self._logits(images)
        # The largest of logits with Gumbel noise is a draw of their distribution.
        noise = -torch.empty_like(logits).exponential_().log()
        return (logits + noise).argmax(-1)

    def statistics(self, codes: Tensor) -> Tensor:
        """See `Autoencoder.statistics`."""
        features: Tensor = self.decoder(self.codebook[codes].permute(0, 3, 1, 2))
        return features

    def soft(self, images: Tensor) -> Tensor:
        """See `Autoencoder.soft`: the decoder is given the mean of the codes."""
        shares = self._logits(images).softmax(-1)
        return to_pixels(self.config, self._decode(shares))

    def _logits(self, images: Tensor) -> Tensor:
        """Return (B, h, w, K), float32."""
        logits: Tensor = self.encoder(seen(self.config, images)).float()
        return logits.permute(0, 2, 3, 1)

    def _decode(self, shares: Tensor) -> Tensor:
        """Return the decoder's output for shares of codes (B, h, w, K)."""
        features: Tensor = self.decoder((shares @ self.codebook).permute(0, 3, 1, 2))
        return features

    def _replace(self, dead: Tensor, kept: Tensor, noise: Tensor) -> None:
        self.codebook[dead] = self.codebook[kept] + 0.01 * noise
        output = self.encoder.output
        assert isinstance(output, nn.Conv2d)
        assert output.bias is not None
        # The copy has other pixels a little likelier than its model has, and they share them.
        change = 0.05 * noise.mean(1).view(-1, 1, 1, 1) * output.weight[kept].std()
        output.weight[dead] = output.weight[kept] + change * output.weight[dead].sign()
        output.bias[dead] = output.bias[kept]
