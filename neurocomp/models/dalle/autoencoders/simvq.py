"""A VQ-VAE whose codes move together: a random codebook under a learnt linear map.

Y. Zhu et al., Addressing representation collapse in vector quantized models with one linear layer,
2024 (SimVQ).  A gradient reaches the map through whichever codes are taken, and so moves those that
are not taken as well; none is left behind, however many there are.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from neurocomp.models.dalle.autoencoders.config import AutoencoderConfig
from neurocomp.models.dalle.autoencoders.vqvae import VQVAE


class SimVQ(VQVAE):
    """The code nearest to each encoding, of a codebook that a linear map moves as a whole."""

    def __init__(self, config: AutoencoderConfig) -> None:
        super().__init__(config)
        with torch.no_grad():
            self.codebook.mul_(1 / math.sqrt(config.code_width))
        self.projection = nn.Linear(config.code_width, config.code_width, bias=False)

    @property
    def book(self) -> Tensor:
        """See `VQVAE.book`."""
        moved: Tensor = self.projection(self.codebook)
        return moved

    def revive(self, seed: int) -> int:
        """See `Autoencoder.revive`: codes move together."""
        self.usage.zero_()
        self.distortion.zero_()
        return 0
