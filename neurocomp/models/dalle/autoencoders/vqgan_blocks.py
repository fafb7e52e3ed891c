"""Encoder and decoder of a `VQGAN`, their tensors called as in taming-transformers."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from neurocomp.models.dalle.autoencoders.vqgan_config import NUM_GROUPS, VQGANConfig

DOWN, UP = "downsample", "upsample"
EPSILON = 1e-6
"""Epsilon of group normalisation."""


def _norm(channels: int) -> nn.GroupNorm:
    return nn.GroupNorm(NUM_GROUPS, channels, EPSILON)


class _ResidualBlock(nn.Module):
    """x + convolutions of x, (B, inputs, H, W) to (B, outputs, H, W)."""

    def __init__(self, num_inputs: int, num_outputs: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = _norm(num_inputs), _norm(num_outputs)
        self.conv1 = nn.Conv2d(num_inputs, num_outputs, 3, padding=1)
        self.conv2 = nn.Conv2d(num_outputs, num_outputs, 3, padding=1)
        if num_inputs != num_outputs:
            self.nin_shortcut = nn.Conv2d(num_inputs, num_outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        """See above."""
        hidden = self.conv1(functional.silu(self.norm1(x)))
        hidden = self.conv2(functional.silu(self.norm2(hidden)))
        mapped: Tensor = hidden + (self.nin_shortcut(x) if hasattr(self, "nin_shortcut") else x)
        return mapped


class _Attention(nn.Module):
    """x + what one head of attention sees in all places, (B, C, H, W)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = _norm(channels)
        self.q, self.k, self.v, self.proj_out = (nn.Conv2d(channels, channels, 1) for _ in range(4))

    def forward(self, x: Tensor) -> Tensor:
        """See above."""
        hidden = self.norm(x)
        parts = [part(hidden).flatten(2).transpose(1, 2) for part in (self.q, self.k, self.v)]
        seen = functional.scaled_dot_product_attention(*parts)  # (B, H W, C)
        projected: Tensor = self.proj_out(seen.transpose(1, 2).reshape(x.shape))
        return x + projected


class _Level(nn.Module):
    """Blocks at one resolution, each followed by attention where there is some, and the way on.

    Args:
        num_inputs, num_outputs: numbers of channels.
        count: number of blocks.
        attends: whether the blocks are followed by attention.
        resample: "downsample", "upsample", or "" at the last level.
    """

    def __init__(
        self, num_inputs: int, num_outputs: int, count: int, *, attends: bool, resample: str
    ) -> None:
        super().__init__()
        widths = [num_inputs, *[num_outputs] * count]
        self.block = nn.ModuleList(map(_ResidualBlock, widths, widths[1:]))
        self.attn = nn.ModuleList([_Attention(num_outputs) for _ in range(count * attends)])
        self._resample = resample
        if resample:
            self.add_module(resample, _Resample(num_outputs, is_up=resample == UP))

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, inputs, H, W) to (B, outputs, H, W), or to half or twice the pixels."""
        for number, block in enumerate(self.block):
            x = block(x)
            if self.attn:
                x = self.attn[number](x)
        return self.get_submodule(self._resample)(x) if self._resample else x


class _Resample(nn.Module):
    """Half or twice as many pixels across and down."""

    def __init__(self, channels: int, *, is_up: bool) -> None:
        super().__init__()
        self._is_up = is_up
        self.conv = nn.Conv2d(channels, channels, 3, *((1, 1) if is_up else (2, 0)))

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W) to (B, C, 2 H, 2 W) or (B, C, H / 2, W / 2)."""
        if self._is_up:
            x = functional.interpolate(x, scale_factor=2.0, mode="nearest")
        else:
            x = functional.pad(x, (0, 1, 0, 1))  # on the right and below only
        resampled: Tensor = self.conv(x)
        return resampled


class _Middle(nn.Module):
    """Two blocks and attention at the lowest resolution."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.block_1, self.block_2 = (_ResidualBlock(channels, channels) for _ in range(2))
        self.attn_1 = _Attention(channels)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, h, w) to the same shape."""
        mapped: Tensor = self.block_2(self.attn_1(self.block_1(x)))
        return mapped


class VQGANEncoder(nn.Module):
    """Maps images (B, 3, H, W) in -1..1 to (B, latent_channels, H / f, W / f)."""

    def __init__(self, config: VQGANConfig) -> None:
        super().__init__()
        channels = config.width
        self.conv_in = nn.Conv2d(3, channels, 3, padding=1)
        self.down = nn.ModuleList()
        for multiplier, resolution in zip(config.multipliers, config.resolutions, strict=True):
            attends = resolution in config.attention_at
            outputs = config.width * multiplier
            resample = DOWN if len(self.down) < len(config.multipliers) - 1 else ""
            level = _Level(channels, outputs, config.num_blocks, attends=attends, resample=resample)
            channels = outputs
            self.down.append(level)
        self.mid = _Middle(channels)
        self.norm_out = _norm(channels)
        self.conv_out = nn.Conv2d(channels, config.latent_channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """See above."""
        x = self.conv_in(x)
        for level in self.down:
            x = level(x)
        mapped: Tensor = self.conv_out(functional.silu(self.norm_out(self.mid(x))))
        return mapped


class VQGANDecoder(nn.Module):
    """Maps (B, latent_channels, h, w) to images (B, 3, h f, w f) in -1..1."""

    def __init__(self, config: VQGANConfig) -> None:
        super().__init__()
        channels = config.width * config.multipliers[-1]
        self.conv_in = nn.Conv2d(config.latent_channels, channels, 3, padding=1)
        self.mid = _Middle(channels)
        levels = []
        for number in reversed(range(len(config.multipliers))):
            attends = config.resolutions[number] in config.attention_at
            outputs = config.width * config.multipliers[number]
            count, resample = config.num_blocks + 1, UP if number else ""
            levels.append(_Level(channels, outputs, count, attends=attends, resample=resample))
            channels = outputs
        self.up = nn.ModuleList(reversed(levels))  # by resolution, the highest first
        self.norm_out = _norm(channels)
        self.conv_out = nn.Conv2d(channels, 3, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """See above."""
        x = self.mid(self.conv_in(x))
        for level in reversed(self.up):
            x = level(x)
        mapped: Tensor = self.conv_out(functional.silu(self.norm_out(x)))
        return mapped
