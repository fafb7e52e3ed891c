"""Shape and kind of an autoencoder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Protocol

from neurocomp.errors import UsageError

KINDS = ("dvae", "vqvae", "fsq")
LIKELIHOODS = ("logit-laplace", "mse")
FACTORS = (2, 4, 8, 16)
MIN_CODES, MAX_CODES = 2, 1 << 15
MAX_LEVELS = 8
"""Most levels of a number in a code of finite scalars."""


class Shape(Protocol):
    """The part of a configuration that users of an autoencoder need; see `AutoencoderConfig`."""

    @property
    def kind(self) -> str:
        """Name of the architecture."""

    @property
    def factor(self) -> int:
        """f: a code stands for f x f pixels."""

    @property
    def num_codes(self) -> int:
        """K."""

    @property
    def code_width(self) -> int:
        """Numbers in a code."""

    @property
    def likelihood(self) -> str:
        """The likelihood of an image given its codes."""

    @property
    def deviation(self) -> float:
        """Standard deviation of the likelihood "mse"."""


@dataclass(frozen=True)
class AutoencoderConfig:
    """Configuration of an `Autoencoder`: small by default; `vae-paper` has the paper's sizes."""

    kind: str = "dvae"
    """"dvae" (A. Ramesh et al. 2021), "vqvae" (A. van den Oord et al. 2017), or "fsq" (F. Mentzer
    et al. 2024), which has no codebook and so no dead codes: for a large K."""
    factor: int = 4
    """f: a code stands for f x f pixels."""
    num_codes: int = 512
    """K, the size of the codebook."""
    width: int = 32
    """Channels at full resolution; they double where the resolution halves."""
    num_blocks: int = 1
    """Residual blocks at each resolution."""
    code_width: int = 64
    """Channels that the decoder begins with; numbers in a VQ-VAE's code."""
    first_kernel: int = 7
    """Pixels across the encoder's first convolution."""
    narrow_groups: int = 0
    """Resolutions, from the lowest, at which the encoder's blocks see 1 x 1 pixels: so a code tells
    of few pixels but its own, and a prior foretells it better. 0 is as released; with log2 f + 1,
    all of them, the first convolution alone sees neighbours."""
    likelihood: str = "logit-laplace"
    """"logit-laplace" with a scale for each sub-pixel, or "mse": a Gaussian of fixed scale."""
    deviation: float = 0.05
    """Standard deviation of "mse", pixels being 0..1."""
    commitment: float = 0.25
    """VQ-VAE: weight of the encoder's distance from the codes."""
    moving_average: bool = True
    """VQ-VAE: codes are moving averages of what they stand for, instead of having a loss."""
    decay: float = 0.99
    """Decay of the moving average."""
    centred: bool = True
    """Whether the encoder sees pixels around 0; false in the dVAE that was released."""

    def __post_init__(self) -> None:
        _require(self.kind in KINDS, "kind", self.kind, f"one of {KINDS}")
        _require(self.factor in FACTORS, "factor", self.factor, f"one of {FACTORS}")
        codes = f"{MIN_CODES} to {MAX_CODES}"
        _require(MIN_CODES <= self.num_codes <= MAX_CODES, "num_codes", self.num_codes, codes)
        # Above these no machine has the memory.
        for name, most in {"width": 1 << 14, "num_blocks": 1 << 10, "code_width": 1 << 14}.items():
            value = getattr(self, name)
            _require(0 < value <= most, name, value, f"positive, {most} at most")
        if self.kind == "fsq":
            fsq_levels(self.num_codes)
        _require(self.width % 4 == 0, "width", self.width, "a positive multiple of 4")
        kernel, most = self.first_kernel, 255
        is_kernel = 0 < kernel <= most and kernel % 2 == 1
        _require(is_kernel, "first_kernel", kernel, f"positive and odd, {most} at most")
        groups, most = self.narrow_groups, self.num_halvings + 1
        _require(0 <= groups <= most, "narrow_groups", groups, f"0 to {most}")
        allowed = f"one of {LIKELIHOODS}"
        _require(self.likelihood in LIKELIHOODS, "likelihood", self.likelihood, allowed)
        _require(self.deviation > 0, "deviation", self.deviation, "positive")
        _require(self.commitment >= 0, "commitment", self.commitment, "at least 0")
        _require(0 <= self.decay < 1, "decay", self.decay, "at least 0 and below 1")

    @property
    def num_halvings(self) -> int:
        """Number of times that the resolution halves: log2 f."""
        return self.factor.bit_length() - 1


@cache
def fsq_levels(num_codes: int) -> tuple[int, ...]:
    """Return the levels whose product is ``num_codes``: 2 to 8 each, the most first.

    They are as few as can be, and of these as even as can be.

    Raises:
        UsageError: there are none, as it has a prime factor above 7.
    """
    found = [*_products(num_codes, MAX_LEVELS)]
    if not found:
        raise UsageError(
            f"model.num_codes is {num_codes}, but must be a product of numbers up to {MAX_LEVELS} "
            "where model.kind is 'fsq', such as 1000, 1024, 4096 or 15360"
        )
    return min(found, key=lambda levels: (len(levels), -min(levels)))


def _products(product: int, most: int) -> Iterator[tuple[int, ...]]:
    """Yield all factors of ``product``, 2 to ``most`` each, that don't rise."""
    if product == 1:
        yield ()
    for factor in range(most, 1, -1):
        if product % factor == 0:
            yield from ((factor, *rest) for rest in _products(product // factor, factor))


def _require(condition: bool, name: str, value: object, demand: str) -> None:
    if not condition:
        raise UsageError(f"model.{name} is {value!r}, but must be {demand}")
