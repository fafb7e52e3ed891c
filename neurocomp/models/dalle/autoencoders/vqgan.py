"""The autoencoder of taming-transformers, to use what others have trained.

P. Esser, R. Rombach, B. Ommer, Taming transformers for high-resolution image synthesis, 2021.
Residual blocks with group normalisation, attention at some resolutions, convolutions of stride 2 on
the way down and repetition with a convolution on the way up.  Tensors are called as in its
checkpoints, which are read by `neurocomp.models.dalle.published`.
"""

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
    to_pixels,
)
from neurocomp.models.dalle.autoencoders.vqgan_blocks import VQGANDecoder, VQGANEncoder
from neurocomp.models.dalle.autoencoders.vqgan_config import GUMBEL, VQGANConfig


class VQGAN(Autoencoder):
    """Codes of a learnt codebook, each for f x f pixels; images are seen in -1..1."""

    def __init__(self, config: VQGANConfig) -> None:
        super().__init__(config)
        self.config: VQGANConfig = config
        self.encoder = VQGANEncoder(config)
        self.decoder = VQGANDecoder(config)
        self.quant_conv = nn.Conv2d(config.latent_channels, config.code_width, 1)
        self.post_quant_conv = nn.Conv2d(config.code_width, config.latent_channels, 1)
        self.quantize = nn.Module()
        book = nn.Embedding(config.num_codes, config.code_width)
        names = ["quantize.embedding.weight"]
        if config.kind == GUMBEL:
            self.quantize.proj = nn.Conv2d(config.code_width, config.num_codes, 1)
            self.quantize.embed = book
            names = ["quantize.embed.weight", "quantize.proj.weight", "quantize.proj.bias"]
        else:
            self.quantize.embedding = book
        self.per_code = ("usage", "distortion", *names)

    @property
    def book(self) -> Tensor:
        """The codes as vectors, (K, D)."""
        embedding = self.quantize.embed if self.config.kind == GUMBEL else self.quantize.embedding
        assert isinstance(embedding, nn.Embedding)
        return embedding.weight

    def forward(self, images: Tensor, temperature: float) -> Terms:
        """See `Autoencoder.forward`: gradients go past the choice of codes, straight through.

        What else taming-transformers trains by, a discriminator and features, is not here.
        """
        encodings = self._encodings(images)
        scores = self._scores(encodings)
        codes = scores.argmax(-1)
        chosen = self.book[codes]
        bits_per_latent = math.log2(self.config.num_codes)
        per_latent = images[0].numel() / codes[0].numel()
        shares = torch.softmax(scores, -1)
        distance = torch.zeros((), device=images.device)
        if self.config.kind == GUMBEL:
            mean = shares @ self.book
            passed = mean + (chosen - mean).detach()
        else:
            passed = encodings + (chosen - encodings).detach()
            distance = functional.mse_loss(encodings, chosen.detach())
            distance = distance + functional.mse_loss(chosen, encodings.detach())
        statistics = self._decode(passed)
        bits = nats(self.config, statistics, images).mean() / math.log(2)
        with torch.no_grad():
            self._count(codes)
        balance = (
            divergence_from_uniform(shares.mean((0, 1, 2)).clamp(min=1e-12).log()) / per_latent
        )
        divergence = torch.full_like(bits, bits_per_latent / per_latent)
        return Terms(bits, divergence, balance, distance)

    def encode(self, images: Tensor) -> Tensor:
        """See `Autoencoder.encode`."""
        return self._scores(self._encodings(images)).argmax(-1)

    def draw(self, images: Tensor) -> Tensor:
        """See `Autoencoder.draw`: there is no doubt."""
        return self.encode(images)

    def statistics(self, codes: Tensor) -> Tensor:
        """See `Autoencoder.statistics`."""
        return self._decode(self.book[codes])

    def soft(self, images: Tensor) -> Tensor:
        """See `Autoencoder.soft`: the decoder is given the encodings, or the mean of the codes."""
        encodings = self._encodings(images)
        if self.config.kind == GUMBEL:
            encodings = torch.softmax(self._scores(encodings), -1) @ self.book
        return to_pixels(self.config, self._decode(encodings))

    def _replace(self, dead: Tensor, kept: Tensor, noise: Tensor) -> None:
        self.book.data[dead] = self.book.data[kept] + 0.1 * self.book.std() * noise

    def _encodings(self, images: Tensor) -> Tensor:
        """Return (B, h, w, D), float32."""
        encodings: Tensor = self.quant_conv(self.encoder(2 * images - 1)).float()
        return encodings.permute(0, 2, 3, 1)

    def _scores(self, encodings: Tensor) -> Tensor:
        """Return (B, h, w, K), highest for the code that is chosen."""
        if self.config.kind == GUMBEL:
            logits: Tensor = self.quantize.proj(encodings.permute(0, 3, 1, 2))  # type: ignore[operator]
            return logits.permute(0, 2, 3, 1)
        book = self.book
        return 2 * encodings @ book.t() - (book * book).sum(1)

    def _decode(self, vectors: Tensor) -> Tensor:
        """Return half of the pixels in -1..1, (B, 3, H, W), for codes' vectors (B, h, w, D)."""
        features: Tensor = self.decoder(self.post_quant_conv(vectors.permute(0, 3, 1, 2)))
        return features / 2
