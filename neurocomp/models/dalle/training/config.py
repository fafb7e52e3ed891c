"""Configurations of priors and of autoencoders."""

from __future__ import annotations

import dataclasses
import math

from neurocomp.models.dalle.autoencoders import AutoencoderConfig
from neurocomp.models.dalle.images import GROUPS, RESIZES
from neurocomp.models.dalle.prior import PriorConfig
from neurocomp.training.config import MAX_COUNT, TrainingConfig, require, require_count


@dataclasses.dataclass(frozen=True)
class PriorDataConfig:
    """The data, and how they are prepared."""

    batch: int = 64
    """Captions with their images in one step, over all processes and micro-batches."""
    training_share: float = 0.9
    """Share of the different captions whose images are trained on, chosen by their hash; of images
    without captions, share of the images."""
    validation_images: int = 512
    """Images of the other captions that are validated on."""
    caption_dropout: float = 0.1
    """Share of the images that are seen without their caption."""
    code_dropout: float = 0.0
    """Share of the codes of captioned images that are hidden from those after them, which so learn
    to read the caption (cf. S. Bowman et al., Generating sentences from a continuous space, 2016:
    word dropout)."""
    merge_dropout: float = 0.1
    """Share of byte pairs that stay apart (I. Provilkov et al., BPE-dropout, 2020)."""
    text_weight: float = 0.125
    """Weight of captions in the loss; images have the rest."""

    def __post_init__(self) -> None:
        for name in ("batch", "validation_images"):
            require_count(f"data.{name}", getattr(self, name))
        share = self.training_share
        require(0 < share <= 1, "data.training_share", share, "in 0..1, and not 0")
        for name in ("caption_dropout", "code_dropout", "merge_dropout", "text_weight"):
            value = getattr(self, name)
            require(0 <= value < 1, f"data.{name}", value, "at least 0 and below 1")


@dataclasses.dataclass(frozen=True)
class PriorTrainingConfig(TrainingConfig):
    """A training of a prior."""

    model: PriorConfig
    data: PriorDataConfig


@dataclasses.dataclass(frozen=True)
class ImageDataConfig:
    """The data, and how they are prepared."""

    size: int = 32
    """Pixels across and down."""
    resize: str = "crop"
    """"crop", "pad", "stretch" or "none"; see `neurocomp.models.dalle.images.ImageOptions`."""
    captions: bool = True
    """Whether images without a caption are left out."""
    batch: int = 64
    """Images in one step, over all processes and micro-batches."""
    training_share: float = 0.9
    """Share of the groups that are trained on."""
    group: str = "caption"
    """What is held out as a whole: images of one "caption", or of one "base": the same key up to
    the first "_"; or single ones: "image", as "caption" means too where captions are not read."""
    validation_images: int = 512
    """Held-out images that are validated on."""

    def __post_init__(self) -> None:
        for name in ("batch", "validation_images"):
            require_count(f"data.{name}", getattr(self, name))
        require(8 <= self.size <= 1024, "data.size", self.size, "8 to 1024")
        require(self.resize in RESIZES, "data.resize", self.resize, f"one of {RESIZES}")
        require(self.group in GROUPS, "data.group", self.group, f"one of {GROUPS}")
        share = self.training_share
        require(0 < share <= 1, "data.training_share", share, "in 0..1, and not 0")
        if self.group == "caption" and not self.captions:
            object.__setattr__(self, "group", "image")


@dataclasses.dataclass(frozen=True)
class LossConfig:
    """The loss: reconstruction + beta KL + balance KL of the mean + distance.

    The first three are in bits for each sub-pixel; with beta = 1 the first two are the ELBO.
    """

    first_temperature: float = 1.0
    """Temperature of the relaxation at the first step."""
    last_temperature: float = 0.0625
    """Temperature at the end: it falls along half a cosine, from 1 to 1/16 in the paper."""
    temperature_steps: int = 0
    """Steps of the fall; 0 for 4/5 of the run."""
    beta: float = 1.0
    """Weight of the latents' KL from the uniform prior."""
    beta_steps: int = 5000
    """Steps in which beta rises from 0."""
    balance: float = 0.0
    """Weight of the mean distribution's KL from the uniform one, which keeps codes in use."""
    revive_every: int = 0
    """Steps after which codes that were not taken are revived; 0 for never."""
    revive_until: float = 0.6
    """Share of the run after which codes are left alone."""
    prune: bool = False
    """Whether the run ends without the codes that no training image takes: K is the number of the
    others then."""

    def __post_init__(self) -> None:
        for name in ("first_temperature", "last_temperature"):
            value = getattr(self, name)
            finite = 0 < value < math.inf
            require(finite, f"loss.{name}", value, "positive and finite")
        for name in ("temperature_steps", "beta", "beta_steps", "balance", "revive_every"):
            value = getattr(self, name)
            require(0 <= value < math.inf, f"loss.{name}", value, "at least 0 and finite")
        for name in ("temperature_steps", "beta_steps", "revive_every"):
            value = getattr(self, name)
            require(value <= MAX_COUNT, f"loss.{name}", value, f"{MAX_COUNT:,} at most")
        until = self.revive_until
        require(0 <= until <= 1, "loss.revive_until", until, "in 0..1")


@dataclasses.dataclass(frozen=True)
class VaeTrainingConfig(TrainingConfig):
    """A training of an autoencoder."""

    model: AutoencoderConfig
    data: ImageDataConfig
    loss: LossConfig

    def __post_init__(self) -> None:
        require(
            self.data.size % self.model.factor == 0,
            "data.size",
            self.data.size,
            f"a multiple of model.factor, {self.model.factor}",
        )
        is_fixed = self.model.kind == "fsq"
        demand = "false for 'fsq', which has no codebook to leave codes out of"
        require(not (is_fixed and self.loss.prune), "loss.prune", self.loss.prune, demand)
        require(
            self.optimizer.name == "adamw",
            "optimizer.name",
            self.optimizer.name,
            "'adamw': Muon moves matrices, and an autoencoder has convolutions",
        )
