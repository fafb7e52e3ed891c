"""From a configuration to an autoencoder, and from one to a smaller one."""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor

from neurocomp.models.dalle.autoencoders.base import Autoencoder
from neurocomp.models.dalle.autoencoders.config import AutoencoderConfig
from neurocomp.models.dalle.autoencoders.dvae import DVAE
from neurocomp.models.dalle.autoencoders.vqvae import VQVAE


def build(config: AutoencoderConfig) -> Autoencoder:
    """Return an autoencoder with random parameters."""
    return DVAE(config) if config.kind == "dvae" else VQVAE(config)


def keep_codes(network: Autoencoder, codes: Tensor) -> Autoencoder:
    """Return ``network`` with some of its codes only, in the mode and place that it is in.

    Args:
        network: whole; it stays as it is.
        codes: int64, (n,), which to keep: code i of the result is ``codes[i]`` of ``network``.
    """
    tensors = network.state_dict()
    tensors |= {name: tensors[name][codes] for name in network.per_code if name in tensors}
    smaller = build(replace(network.config, num_codes=len(codes))).to(network.usage.device)
    smaller.load_state_dict(tensors)
    return smaller.train(network.training)
