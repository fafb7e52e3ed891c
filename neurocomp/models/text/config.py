"""Configurations of models of text."""

from __future__ import annotations

import dataclasses
import math

from neurocomp.models.bytenet.glr import GLRConfig
from neurocomp.models.tokennets.torch_networks import NeuralNgramConfig, RecurrentTokensConfig
from neurocomp.models.transformer.torch_gpt2 import GPT2Config
from neurocomp.training.config import TrainingConfig, require, require_count


@dataclasses.dataclass(frozen=True)
class DataConfig:
    """The data, and how they are prepared."""

    window: int = 1024
    """Symbols that are predicted in one sample."""
    batch: int = 8
    """Samples in one step, over all processes and micro-batches."""
    sampled_symbols: int = 0
    """Symbols that the softmax of a micro-batch is over, besides the targets, on average; drawn
    again each time, the frequent ones nearly always.  0: all of them."""
    weights: dict[str, float] = dataclasses.field(default_factory=dict)
    """Share of each kind in the samples; without any, kinds count by their size."""
    validation_share: float = 0.02
    """Share of each file, at its end, that is kept for validation."""
    validation_pieces: int = 16
    """Pieces of each kind that are validated on."""
    validation_length: int = 1024
    """Symbols in a piece; each is predicted from a cold start."""

    def __post_init__(self) -> None:
        for name in ("window", "batch", "validation_pieces", "validation_length"):
            require_count(f"data.{name}", getattr(self, name))
        if self.sampled_symbols:
            require_count("data.sampled_symbols", self.sampled_symbols)
        share = self.validation_share
        require(0 < share < 1, "data.validation_share", share, "between 0 and 1")
        for kind, weight in self.weights.items():
            finite = 0 < weight < math.inf
            require(finite, f"data.weights.{kind}", weight, "positive and finite")


@dataclasses.dataclass(frozen=True)
class TextTrainingConfig(TrainingConfig):
    """A training of a network that predicts text."""

    data: DataConfig


@dataclasses.dataclass(frozen=True)
class TextConfig(TextTrainingConfig):
    """A training of the byte network."""

    model: GLRConfig

    def __post_init__(self) -> None:
        sampled = self.data.sampled_symbols
        require(not sampled, "data.sampled_symbols", sampled, "0, as there are 256 bytes only")


@dataclasses.dataclass(frozen=True)
class GPT2TrainingConfig(TextTrainingConfig):
    """A training of a model of GPT-2's architecture."""

    model: GPT2Config

    def __post_init__(self) -> None:
        longest = max(self.data.window, self.data.validation_length)
        require(
            longest <= self.model.num_positions,
            "model.num_positions",
            self.model.num_positions,
            f"at least the {longest} symbols of data.window and data.validation_length",
        )


@dataclasses.dataclass(frozen=True)
class NeuralNgramTrainingConfig(TextTrainingConfig):
    """A training of a neural n-gram."""

    model: NeuralNgramConfig


@dataclasses.dataclass(frozen=True)
class RecurrentTrainingConfig(TextTrainingConfig):
    """A training of a recurrent model of tokens."""

    model: RecurrentTokensConfig
