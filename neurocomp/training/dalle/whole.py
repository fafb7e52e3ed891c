"""Autoencoders whose parameters several processes share, whole again."""

from __future__ import annotations

import torch

from neurocomp.dalle.autoencoders import Autoencoder, build
from neurocomp.training.distributed import share, whole


@torch.no_grad()
def whole_copy(network: Autoencoder) -> Autoencoder:
    """Return a copy of ``network`` that has all parameters, or itself if it has them already.

    FSDP gathers what its modules need in their ``forward``; what goes another way, as encoding
    and reviving codes do, needs a copy.  All processes must call this.
    """
    stored = network.state_dict()
    tensors = {name: whole(tensor) for name, tensor in stored.items()}
    if all(tensors[name] is tensor for name, tensor in stored.items()):
        return network
    copy = build(network.config).to(network.usage.device)
    copy.load_state_dict(tensors)
    return copy.train(network.training)


@torch.no_grad()
def take_back(network: Autoencoder, copy: Autoencoder) -> None:
    """Set the parameters of ``network`` to those of its `whole_copy`; all processes call this."""
    if copy is network:
        return
    own = network.state_dict()
    for name, tensor in copy.state_dict().items():
        own[name].copy_(share(tensor, own[name]))
