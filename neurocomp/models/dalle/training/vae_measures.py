"""Measures of an autoencoder: how well it keeps images, and how it uses its codes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from neurocomp.models.dalle.autoencoders import Autoencoder

BATCH = 64
UNITS = {
    **dict.fromkeys(("psnr_hard", "psnr_soft"), "dB"),
    **dict.fromkeys(("reconstruction", "kl", "bits_per_dim", "bound"), "bits per dim"),
    **dict.fromkeys(("codes_used", "perplexity"), "share of K"),
}
"""Descriptions of measures, by name."""


class Measures:
    """Measures images with an autoencoder.

    Args:
        network: autoencoder on ``device``; it is set to evaluation, and back.
        device: device of the network.
    """

    def __init__(self, network: Autoencoder, device: torch.device) -> None:
        self._network, self._device = network, device

    @torch.no_grad()
    def of(self, pixels: NDArray[np.uint8]) -> dict[str, float]:
        """Return measures of images (N, size, size, 3) by name.

        "psnr_hard" and "psnr_soft" are means over images, in dB, of reconstructions in 8 bits;
        "reconstruction" is -log2 p(image | codes), "kl" the posterior's KL from the uniform prior
        "bits_per_dim" the first with log2 K for each code, and "bound" the negative ELBO, with
        codes drawn from the posterior, all in bits per sub-pixel;
        "codes_used" and "perplexity" of the codes are shares of K.
        """
        network = self._network
        was_training, usage = network.training, network.usage.clone()
        network.eval()
        sums = np.zeros(5)
        counts = np.zeros(network.config.num_codes)
        for start in range(0, len(pixels), BATCH):
            part = pixels[start : start + BATCH]
            images = to_tensor(part, self._device)
            codes = network.encode(images)
            counts += np.bincount(codes.flatten().cpu().numpy(), minlength=counts.size)
            hard = psnr(part, to_pixels(network.decode(codes))).sum()
            soft = psnr(part, to_pixels(network.soft(images))).sum()
            bits = float(network.hard_bits(images, codes).sum()) / images[0].numel()
            kl = float(network(images, 1.0).divergence) * len(part)
            drawn = float(network.hard_bits(images, network.draw(images)).sum())
            sums += [hard, soft, bits, kl, drawn / images[0].numel() + kl]
        network.usage.copy_(usage)
        network.train(was_training)
        hard, soft, bits, kl, bound = sums / len(pixels)
        shares = counts[counts > 0] / counts.sum()
        entropy = float(-(shares * np.log2(shares)).sum())
        latents = counts.sum() / len(pixels)
        dims = pixels[0].size
        return {
            "psnr_hard": float(hard),
            "psnr_soft": float(soft),
            "reconstruction": float(bits),
            "kl": float(kl),
            "bits_per_dim": float(bits + latents * math.log2(counts.size) / dims),
            "bound": float(bound),
            "codes_used": float((counts > 0).mean()),
            "perplexity": 2**entropy / counts.size,
        }


def psnr(originals: NDArray[np.uint8], others: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the peak signal-to-noise ratio of each image, in dB; equal images have 99."""
    differences = originals.astype(np.float64) - others
    errors = np.square(differences).mean((1, 2, 3))
    ratios: NDArray[np.float64] = 10 * np.log10(255.0**2 / np.maximum(errors, 1e-12))
    return np.minimum(ratios, 99.0)


def to_tensor(pixels: NDArray[np.uint8], device: torch.device) -> Tensor:
    """Return images (N, H, W, 3) as (N, 3, H, W), float32 in 0..1, channels last in memory."""
    values = torch.from_numpy(np.ascontiguousarray(pixels)).to(device)
    return values.permute(0, 3, 1, 2).float() / 255


def to_pixels(images: Tensor) -> NDArray[Any]:
    """Return images (N, 3, H, W) in 0..1 as uint8 (N, H, W, 3)."""
    rounded = (images.float() * 255).round().clamp(0, 255).to(torch.uint8)
    return rounded.permute(0, 2, 3, 1).cpu().numpy()
