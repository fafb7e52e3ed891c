"""From a configuration to an autoencoder, and from one to a smaller one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from torch import Tensor

from neurocomp.models.dalle.autoencoders.base import Autoencoder
from neurocomp.models.dalle.autoencoders.config import AutoencoderConfig, Shape
from neurocomp.models.dalle.autoencoders.dvae import DVAE
from neurocomp.models.dalle.autoencoders.fsq import FSQ
from neurocomp.models.dalle.autoencoders.vqgan import VQGAN
from neurocomp.models.dalle.autoencoders.vqgan_config import VQGAN_KINDS, VQGANConfig
from neurocomp.models.dalle.autoencoders.vqvae import VQVAE


def build(config: Shape) -> Autoencoder:
    """Return an autoencoder with random parameters."""
    if isinstance(config, VQGANConfig):
        return VQGAN(config)
    assert isinstance(config, AutoencoderConfig), "there are no other kinds"
    kinds: dict[str, Callable[[AutoencoderConfig], Autoencoder]]
    kinds = {"dvae": DVAE, "vqvae": VQVAE, "fsq": FSQ}
    return kinds[config.kind](config)


def config_of(fields: Mapping[str, Any]) -> Shape:
    """Return the configuration that an autoencoder was stored with.

    Raises:
        TypeError, UsageError: the configuration is invalid.
    """
    return (VQGANConfig if fields.get("kind") in VQGAN_KINDS else AutoencoderConfig)(**fields)


def keep_codes(network: Autoencoder, codes: Tensor) -> Autoencoder:
    """Return ``network`` with some of its codes only, in the mode and place that it is in.

    Args:
        network: the whole autoencoder; it stays as it is.
        codes: codes to keep, int64, (n,): code i of the result is ``codes[i]`` of ``network``.
    """
    tensors = network.state_dict()
    tensors |= {name: tensors[name][codes] for name in network.per_code if name in tensors}
    config: Any = network.config
    smaller = build(replace(config, num_codes=len(codes))).to(network.usage.device)
    smaller.load_state_dict(tensors)
    return smaller.train(network.training)
