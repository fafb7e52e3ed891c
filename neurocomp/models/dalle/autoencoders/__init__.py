"""Discrete autoencoders: images as grids of codes."""

from neurocomp.models.dalle.autoencoders.base import Autoencoder, Terms
from neurocomp.models.dalle.autoencoders.build import build, config_of, keep_codes
from neurocomp.models.dalle.autoencoders.config import AutoencoderConfig

__all__ = ["Autoencoder", "AutoencoderConfig", "Terms", "build", "config_of", "keep_codes"]
