"""Discrete autoencoders: images as grids of codes."""

from neurocomp.models.dalle.autoencoders.base import Autoencoder, Terms
from neurocomp.models.dalle.autoencoders.build import build, keep_codes
from neurocomp.models.dalle.autoencoders.config import AutoencoderConfig

__all__ = ["Autoencoder", "AutoencoderConfig", "Terms", "build", "keep_codes"]
