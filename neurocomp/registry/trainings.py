"""Every kind of training: what its recipes are for, and the class that runs it."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from neurocomp.errors import UsageError
from neurocomp.training.config import did_you_mean

if TYPE_CHECKING:
    from neurocomp.training.run import Training


@dataclass(frozen=True)
class TrainingKind:
    """A kind of training.

    Attributes:
        name: such as "gpt2", by which its recipes say what they are for.
        summary: a short description of the network, for people.
        command: the command line of the training, without ``--config``.
        recipe: recipe of the package with which a new recipe begins.
        place: module and name of its class, which takes torch to import.
        no_image_size: why its recipes don't set the size of images; empty where they do.
    """

    name: str
    summary: str
    command: str
    recipe: str
    place: tuple[str, str]
    no_image_size: str = "it trains on text"

    def training(self) -> type[Training[Any, Any]]:
        """Return its class."""
        module, name = self.place
        found: type[Training[Any, Any]] = getattr(importlib.import_module(module), name)
        return found


_TEXT, _DALLE = "neurocomp.models.text.train", "neurocomp.models.dalle.training"

TRAININGS = {
    kind.name: kind
    for kind in (
        TrainingKind(
            "text",
            "the byte network of the presets",
            "neurocomp train text FILE... -o run",
            "text-s",
            (_TEXT, "ByteTraining"),
        ),
        TrainingKind(
            "gpt2",
            "a model of GPT-2's architecture",
            "neurocomp train gpt2 FILE... --tokenizer TOKENIZER -o run",
            "gpt2-4m",
            (_TEXT, "GPT2Training"),
        ),
        TrainingKind(
            "neural-ngram",
            "a neural n-gram",
            "neurocomp train neural-ngram FILE... --tokenizer TOKENIZER -o run",
            "neural-ngram-4m",
            (_TEXT, "NeuralNgramTraining"),
        ),
        TrainingKind(
            "recurrent",
            "a recurrent network of tokens",
            "neurocomp train recurrent FILE... --tokenizer TOKENIZER -o run",
            "recurrent-4m",
            (_TEXT, "RecurrentTraining"),
        ),
        TrainingKind(
            "vae",
            "an autoencoder of images",
            "neurocomp dalle train-vae IMAGES -o vae",
            "vae-images",
            (f"{_DALLE}.train_vae", "VaeTraining"),
            no_image_size="",
        ),
        TrainingKind(
            "prior",
            "a prior of captions and an autoencoder's codes",
            "neurocomp dalle train-prior x.tokens --held-out y.tokens --vae vae -o run",
            "prior-images",
            (f"{_DALLE}.train_prior", "PriorTraining"),
            no_image_size="the codes of its data say",
        ),
    )
}
"""Kinds of training by name, in the order of listings."""


def training_kind(name: str) -> TrainingKind:
    """Return the kind of training of that name; raises UsageError if there is none."""
    if name not in TRAININGS:
        raise UsageError(
            f"there is no training {name!r}{did_you_mean(name, TRAININGS)}: name one of "
            f"{', '.join(TRAININGS)}"
        )
    return TRAININGS[name]
