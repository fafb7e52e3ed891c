"""Pixels to codes and back, many images at a time."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from neurocomp.models.dalle.autoencoders import Autoencoder
from neurocomp.models.dalle.autoencoders.stored import StoredAutoencoder
from neurocomp.models.dalle.images import CaptionedImages
from neurocomp.models.dalle.pictures import Pixels
from neurocomp.models.dalle.token_files import TokenSet

_AT_ONCE = 64

Codes = NDArray[np.uint16]
"""Shape (N, rows, columns)."""


@torch.no_grad()
def encode_pixels(network: Autoencoder, pixels: Pixels) -> Codes:
    """Return the codes of images, each the likeliest at its place."""
    parts = []
    for start in range(0, len(pixels), _AT_ONCE):
        found = network.encode(_images(network, pixels[start : start + _AT_ONCE]))
        parts.append(found.cpu().numpy().astype(np.uint16))
    return np.concatenate(parts)


def to_tokens(stored: StoredAutoencoder, images: CaptionedImages) -> TokenSet:
    """Return the captions and codes of images."""
    codes = encode_pixels(stored.network, images.pixels)
    return TokenSet(images.captions, codes, stored.network.config.num_codes, stored.sha256)


@torch.no_grad()
def decode_codes(network: Autoencoder, codes: Codes) -> Pixels:
    """Return the images of codes; a pixel may differ by rounding from machine to machine."""
    parts = []
    for start in range(0, len(codes), _AT_ONCE):
        some = torch.from_numpy(codes[start : start + _AT_ONCE].astype(np.int64))
        images = network.decode(some.to(network.usage.device)).float()
        rounded = (images * 255).round().clamp(0, 255).to(torch.uint8)
        parts.append(rounded.permute(0, 2, 3, 1).cpu().numpy())
    return np.concatenate(parts)


@torch.no_grad()
def reconstruction_bits(network: Autoencoder, pixels: Pixels, codes: Codes) -> NDArray[np.float64]:
    """Return -log2 p(image | codes) of each image, (N,)."""
    parts = []
    for start in range(0, len(pixels), _AT_ONCE):
        images = _images(network, pixels[start : start + _AT_ONCE])
        some = torch.from_numpy(codes[start : start + _AT_ONCE].astype(np.int64))
        bits = network.hard_bits(images, some.to(images.device))
        parts.append(bits.double().cpu().numpy())
    return np.concatenate(parts)


def _images(network: Autoencoder, pixels: Pixels) -> Tensor:
    values = torch.from_numpy(np.array(pixels)).to(network.usage.device)
    return values.permute(0, 3, 1, 2).float() / 255
