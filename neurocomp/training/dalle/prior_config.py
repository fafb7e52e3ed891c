"""Configurations of priors."""

from __future__ import annotations

import dataclasses

from neurocomp.dalle.prior import PriorConfig
from neurocomp.training.config import OptimizerConfig, RunConfig, require, require_count


@dataclasses.dataclass(frozen=True)
class PriorDataConfig:
    """What of the data is seen, and how."""

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
    """Share of the codes of captioned images that are hidden from those behind them, which so learn
    to read the caption (cf. S. Bowman et al., Generating sentences from a continuous space, 2016:
    word dropout)."""
    merge_dropout: float = 0.1
    """Share of byte pairs that stay apart (I. Provilkov et al., BPE-dropout, 2020)."""
    text_weight: float = 0.125
    """Of captions in the loss; images have the rest."""

    def __post_init__(self) -> None:
        for name in ("batch", "validation_images"):
            require_count(f"data.{name}", getattr(self, name))
        share = self.training_share
        require(0 < share <= 1, "data.training_share", share, "in 0..1, and not 0")
        for name in ("caption_dropout", "code_dropout", "merge_dropout", "text_weight"):
            value = getattr(self, name)
            require(0 <= value < 1, f"data.{name}", value, "at least 0 and below 1")


@dataclasses.dataclass(frozen=True)
class PriorTrainingConfig:
    """A training of a prior."""

    run: RunConfig
    model: PriorConfig
    data: PriorDataConfig
    optimizer: OptimizerConfig


PRESETS = ("rainbow", "emoji", "paper")
"""Names of the package's configurations, in the recipes "prior-rainbow" and so on."""
