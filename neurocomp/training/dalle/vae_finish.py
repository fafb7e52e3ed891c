"""What is done to an autoencoder when its training has ended."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from neurocomp.dalle.autoencoders import Autoencoder, build, keep_codes
from neurocomp.dalle.codes import decode_codes, encode_pixels
from neurocomp.dalle.pictures import Pixels

LEAST_DEVIATION = 1 / 256
"""Of pixels in 0..1: what is narrower is no density over an interval between two levels."""


def keep_used_codes(network: Autoencoder, pixels: Pixels) -> Autoencoder:
    """Return ``network`` with the codes alone that images (N, H, W, 3) take; with all if it is one.

    An autoencoder has two codes at least.
    """
    used = np.unique(encode_pixels(network, pixels)).astype(np.int64)
    if len(used) < 2:
        return network
    return keep_codes(network, torch.from_numpy(used).to(network.usage.device))


def calibrate(network: Autoencoder, pixels: Pixels) -> Autoencoder:
    """Return ``network`` with the deviation of "mse" under which images (N, H, W, 3) are likeliest.

    It is the root of the mean squared error of their reconstructions (O. Rybkin et al., Simple and
    effective VAE training with calibrated decoders, 2021).  Another likelihood stays as it is.
    """
    if network.config.likelihood != "mse":
        return network
    again = decode_codes(network, encode_pixels(network, pixels))
    error = np.square((pixels.astype(np.float32) - again) / 255).mean(dtype=np.float64)
    deviation = max(float(np.sqrt(error)), LEAST_DEVIATION)
    calibrated = build(replace(network.config, deviation=deviation)).to(network.usage.device)
    calibrated.load_state_dict(network.state_dict())
    return calibrated.train(network.training)
