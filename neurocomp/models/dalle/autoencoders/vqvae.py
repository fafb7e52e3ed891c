"""The VQ-VAE of A. van den Oord et al., Neural discrete representation learning, 2017."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from neurocomp.models.dalle.autoencoders.base import (
    Autoencoder,
    Terms,
    divergence_from_uniform,
    from_first,
    nats,
    num_statistics,
    over_processes,
    seen,
    to_pixels,
)
from neurocomp.models.dalle.autoencoders.blocks import decoder, encoder
from neurocomp.models.dalle.autoencoders.config import AutoencoderConfig

SMOOTHING = 1e-5


class VQVAE(Autoencoder):
    """The code nearest to each encoding; gradients go past the choice, straight through.

    The codebook has a loss, or follows moving averages (appendix A.1 of the paper).
    """

    config: AutoencoderConfig
    per_code = ("usage", "distortion", "codebook", "counts", "sums")
    counts: Tensor
    sums: Tensor

    def __init__(self, config: AutoencoderConfig) -> None:
        super().__init__(config)
        self.encoder = encoder(config, config.code_width)
        self.decoder = decoder(config, num_statistics(config))
        codes = torch.randn(config.num_codes, config.code_width)
        if config.moving_average:
            self.register_buffer("codebook", codes)
            self.register_buffer("counts", torch.ones(config.num_codes))
            self.register_buffer("sums", torch.zeros_like(codes))
        else:
            self.codebook = nn.Parameter(codes)

    def forward(self, images: Tensor, temperature: float) -> Terms:
        """See `Autoencoder.forward`."""
        encodings = self._encodings(images)  # (B, h, w, D)
        flat = encodings.flatten(0, 2)
        if self.training and self.config.moving_average and not self.sums.any():
            self._begin(flat.detach())
        # Moving averages change the codebook before gradients have gone through it.
        book = self.codebook.clone() if self.config.moving_average else self.codebook
        distances = _distances(flat, book)
        codes = distances.argmin(1)
        chosen = book[codes].view_as(encodings)
        distance = self.config.commitment * functional.mse_loss(encodings, chosen.detach())
        if not self.config.moving_average:
            distance = distance + functional.mse_loss(chosen, encodings.detach())
        passed = encodings + (chosen - encodings).detach()
        statistics = self.decoder(passed.permute(0, 3, 1, 2))
        bits = nats(self.config, statistics, images).mean() / math.log(2)
        per_latent = images[0].numel() / (encodings.shape[1] * encodings.shape[2])
        # A choice without doubt is log2 K bits away from the uniform distribution.
        divergence = torch.full_like(bits, math.log2(self.config.num_codes) / per_latent)
        soft = torch.softmax(-distances / distances.detach().mean(), 1)
        balance = divergence_from_uniform(soft.mean(0).clamp(min=1e-12).log()) / per_latent
        with torch.no_grad():
            self._count(codes)
            if self.training:
                least = distances.gather(1, codes[:, None]).flatten().clamp(min=0)
                self.distortion += over_processes(torch.bincount(codes, least, len(book)))
                if self.config.moving_average:
                    self._follow(flat.detach(), codes)
        return Terms(bits, divergence, balance, distance)

    def encode(self, images: Tensor) -> Tensor:
        """See `Autoencoder.encode`."""
        encodings = self._encodings(images)
        distances = _distances(encodings.flatten(0, 2), self.codebook)
        return distances.argmin(1).view(encodings.shape[:3])

    def draw(self, images: Tensor) -> Tensor:
        """See `Autoencoder.draw`: there is no doubt."""
        return self.encode(images)

    def statistics(self, codes: Tensor) -> Tensor:
        """See `Autoencoder.statistics`."""
        features: Tensor = self.decoder(self.codebook[codes].permute(0, 3, 1, 2))
        return features

    def soft(self, images: Tensor) -> Tensor:
        """See `Autoencoder.soft`: the decoder is given the encodings themselves."""
        statistics: Tensor = self.decoder(self._encodings(images).permute(0, 3, 1, 2))
        return to_pixels(self.config, statistics)

    def _encodings(self, images: Tensor) -> Tensor:
        encodings: Tensor = self.encoder(seen(self.config, images)).float()
        return encodings.permute(0, 2, 3, 1)

    @torch.no_grad()
    def _begin(self, encodings: Tensor) -> None:
        """Initialise codes with encodings: random ones would be far away, and few ever used."""
        places = torch.linspace(0, len(encodings) - 1, len(self.codebook)).long()
        chosen = encodings[places.to(encodings.device)]
        self.codebook.copy_(from_first(chosen + 1e-3 * torch.randn_like(chosen)))
        self.sums.copy_(self.codebook)

    def _follow(self, encodings: Tensor, codes: Tensor) -> None:
        """Move the codes towards the means of what they stand for."""
        decay = self.config.decay
        taken = functional.one_hot(codes, self.config.num_codes).float()
        self.counts.mul_(decay).add_((1 - decay) * over_processes(taken.sum(0)))
        self.sums.mul_(decay).add_((1 - decay) * over_processes(taken.t() @ encodings.float()))
        total = self.counts.sum()
        smooth = (self.counts + SMOOTHING) / (total + len(self.counts) * SMOOTHING) * total
        self.codebook.copy_(self.sums / smooth[:, None])

    def _replace(self, dead: Tensor, kept: Tensor, noise: Tensor) -> None:
        spread = self.codebook.std()
        self.codebook[dead] = self.codebook[kept] + 0.1 * spread * noise
        if self.config.moving_average:
            self.counts[dead] = 1.0
            self.sums[dead] = self.codebook[dead]


def _distances(encodings: Tensor, book: Tensor) -> Tensor:
    """Return the squared distances (n, K) of encodings (n, D) and codes (K, D)."""
    products = encodings @ book.t()
    squares = (encodings * encodings).sum(1, keepdim=True) + (book * book).sum(1)
    distances: Tensor = squares - 2 * products
    return distances
