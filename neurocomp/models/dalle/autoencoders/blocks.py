"""Encoder and decoder in the topology of the dVAE that was released with DALL-E.

Bottleneck blocks of four convolutions, their result scaled by 1 / (number of blocks)^2; maxima of
2 x 2 pixels on the way down, repetition on the way up.
"""

from __future__ import annotations

import math
from collections import OrderedDict

import torch
from torch import Tensor, nn

from neurocomp.models.dalle.autoencoders.config import AutoencoderConfig

BOTTLENECK = 4


class Convolution(nn.Conv2d):
    """A convolution that keeps the size, with weights of variance 1 / (inputs * area)."""

    def __init__(self, num_inputs: int, num_outputs: int, kernel: int, gain: float = 1.0) -> None:
        super().__init__(num_inputs, num_outputs, kernel, padding=kernel // 2)
        assert self.bias is not None
        with torch.no_grad():
            self.weight.normal_(std=gain / math.sqrt(num_inputs * kernel * kernel))
            self.bias.zero_()


class Block(nn.Module):
    """x + gain * r(x), where r narrows the channels to a quarter.

    Args:
        num_inputs, num_outputs: numbers of channels.
        gain: factor of r.
        is_wide_first: whether the 1 x 1 convolution comes last (encoder) or first (decoder).
        kernel: pixels across the other three convolutions.
    """

    def __init__(
        self,
        num_inputs: int,
        num_outputs: int,
        gain: float,
        *,
        is_wide_first: bool,
        kernel: int = 3,
    ) -> None:
        super().__init__()
        self.gain = gain
        self.path = (
            Convolution(num_inputs, num_outputs, 1) if num_inputs != num_outputs else nn.Identity()
        )
        hidden = num_outputs // BOTTLENECK
        kernels = (kernel, kernel, kernel, 1) if is_wide_first else (1, kernel, kernel, kernel)
        widths = (num_inputs, hidden, hidden, hidden, num_outputs)
        layers: list[nn.Module] = []
        for number, one in enumerate(kernels):
            layers += [
                nn.ReLU(),
                Convolution(widths[number], widths[number + 1], one, math.sqrt(2)),
            ]
        self.residual = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, inputs, H, W) to (B, outputs, H, W)."""
        mapped: Tensor = self.path(x) + self.gain * self.residual(x)
        return mapped


def encoder(config: AutoencoderConfig, num_outputs: int) -> nn.Sequential:
    """Return a network that maps (B, 3, H, W) to (B, num_outputs, H / f, W / f)."""
    num_groups = config.num_halvings + 1
    gain = 1 / (num_groups * config.num_blocks) ** 2
    parts: OrderedDict[str, nn.Module] = OrderedDict()
    parts["input"] = Convolution(3, config.width, config.first_kernel)
    channels = config.width
    for group in range(num_groups):
        wide = config.width << group
        kernel = 3 if group < num_groups - config.narrow_groups else 1
        for number in range(config.num_blocks):
            parts[f"group_{group}_block_{number}"] = Block(
                channels, wide, gain, is_wide_first=True, kernel=kernel
            )
            channels = wide
        if group < num_groups - 1:
            parts[f"group_{group}_pool"] = nn.MaxPool2d(2)
    parts["relu"] = nn.ReLU()
    parts["output"] = Convolution(channels, num_outputs, 1, math.sqrt(2))
    return nn.Sequential(parts)


def decoder(config: AutoencoderConfig, num_outputs: int) -> nn.Sequential:
    """Return a network that maps (B, code_width, h, w) to (B, num_outputs, h f, w f)."""
    num_groups = config.num_halvings + 1
    gain = 1 / (num_groups * config.num_blocks) ** 2
    parts: OrderedDict[str, nn.Module] = OrderedDict()
    channels = config.code_width
    for group in range(num_groups):
        wide = config.width << (num_groups - 1 - group)
        for number in range(config.num_blocks):
            parts[f"group_{group}_block_{number}"] = Block(
                channels, wide, gain, is_wide_first=False
            )
            channels = wide
        if group < num_groups - 1:
            parts[f"group_{group}_upsample"] = nn.Upsample(scale_factor=2, mode="nearest")
    parts["relu"] = nn.ReLU()
    parts["output"] = Convolution(channels, num_outputs, 1, math.sqrt(2))
    return nn.Sequential(parts)
