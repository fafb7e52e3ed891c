"""Shape of an autoencoder of taming-transformers."""

from __future__ import annotations

from dataclasses import dataclass

from neurocomp.errors import UsageError
from neurocomp.models.dalle.autoencoders.config import MAX_CODES, MIN_CODES

NEAREST, GUMBEL = "vqgan", "gumbel-vqgan"
VQGAN_KINDS = (NEAREST, GUMBEL)
NUM_GROUPS = 32
"""Groups of group normalisation: channels are multiples of this."""


@dataclass(frozen=True)
class VQGANConfig:
    """Shape of a `VQGAN`; the defaults are those of ImageNet's with f = 16.

    Attributes:
        kind: "vqgan" chooses the nearest code, "gumbel-vqgan" the likeliest one.
        num_codes: K.
        code_width: numbers in a code (embed_dim).
        latent_channels: channels that the encoder ends and the decoder begins with (z_channels).
        width: channels at full resolution, a multiple of 32 (ch).
        multipliers: factors of the width, one for each resolution (ch_mult); f is 2 to the power of
            one less than their number.
        num_blocks: residual blocks at each resolution; the decoder has one more (num_res_blocks).
        resolution: pixels across the images that it was trained on.
        attention_at: resolutions whose blocks are followed by attention.
        likelihood, deviation: those of an image given its codes; see `AutoencoderConfig`.
    """

    kind: str = NEAREST
    num_codes: int = 1024
    code_width: int = 256
    latent_channels: int = 256
    width: int = 128
    multipliers: tuple[int, ...] = (1, 1, 2, 2, 4)
    num_blocks: int = 2
    resolution: int = 256
    attention_at: tuple[int, ...] = (16,)
    likelihood: str = "mse"
    deviation: float = 0.05

    def __post_init__(self) -> None:
        for name in ("multipliers", "attention_at"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        limits = {
            "code_width": (1, 1 << 14),
            "latent_channels": (1, 1 << 14),
            "width": (NUM_GROUPS, 1 << 14),
            "num_blocks": (1, 64),
            "num_codes": (MIN_CODES, MAX_CODES),
            "resolution": (8, 1 << 14),
        }
        for name, (least, most) in limits.items():
            value = getattr(self, name)
            if type(value) is not int or not least <= value <= most:
                raise UsageError(f"{name} is {value!r}, but must be {least} to {most}")
        sizes = (*self.multipliers, *self.attention_at)
        if not 2 <= len(self.multipliers) <= 8 or not all(type(one) is int for one in sizes):
            raise UsageError("multipliers and attention_at are lists of numbers, 2 to 8 of the one")
        if self.width % NUM_GROUPS or not all(1 <= one <= 64 for one in self.multipliers):
            raise UsageError(f"channels of a VQGAN are multiples of {NUM_GROUPS}, by 1 to 64")
        if self.kind == GUMBEL and self.code_width != self.latent_channels:
            raise UsageError("embed_dim and z_channels of a Gumbel VQGAN are the same")
        if self.kind not in VQGAN_KINDS or self.likelihood != "mse" or not self.deviation > 0:
            raise UsageError(f"a VQGAN is one of {VQGAN_KINDS}, of likelihood 'mse'")

    @property
    def factor(self) -> int:
        """f: a code stands for f x f pixels."""
        return 1 << (len(self.multipliers) - 1)

    @property
    def resolutions(self) -> tuple[int, ...]:
        """Pixels across at each level of images of the resolution that it was trained on."""
        return tuple(self.resolution >> level for level in range(len(self.multipliers)))
