"""From a configuration to an autoencoder."""

from __future__ import annotations

from neurocomp.dalle.autoencoders.base import Autoencoder
from neurocomp.dalle.autoencoders.config import AutoencoderConfig
from neurocomp.dalle.autoencoders.dvae import DVAE
from neurocomp.dalle.autoencoders.vqvae import VQVAE


def build(config: AutoencoderConfig) -> Autoencoder:
    """Return an autoencoder with random parameters."""
    return DVAE(config) if config.kind == "dvae" else VQVAE(config)
