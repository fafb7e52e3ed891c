"""Every architecture of model that a frame can name; what is heavy is imported where it is used."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from neurocomp.models import fingerprints

if TYPE_CHECKING:
    from neurocomp.models.base import BinaryModel, SymbolModel
    from neurocomp.models.stored import StoredModel


class Kind(enum.Enum):
    """Which contract the models of an architecture fulfil."""

    SYMBOL = "symbol"
    BINARY = "binary"


@dataclass(frozen=True)
class Architecture:
    """One kind of model.

    Attributes:
        id: number in the frame header, given by hand and never reused.
        name: in stored models, and on the command line where it is part of the package.
        kind: symbol or binary.
        summary: one line for people.
        embedded: makes the one model that is part of the package; None where models are stored.
        from_stored: makes a model from its stored form; None where the model is embedded.
        by_name: finds a model that is kept by another library from a frame's identity, parameters
            and environment.
        fingerprint: returns the identity of the embedded model without making it.
        file: of the embedded model's weights, where it has any.
        section_lanes: of a network of bytes: lanes of a block that share tables and a payload.
    """

    id: int
    name: str
    kind: Kind
    summary: str
    embedded: Callable[[], SymbolModel | BinaryModel] | None = None
    from_stored: Callable[[StoredModel], SymbolModel | BinaryModel] | None = None
    by_name: Callable[[bytes, bytes, bytes], SymbolModel] | None = None
    fingerprint: Callable[[], bytes] | None = None
    file: Path | None = None
    section_lanes: int = 2


@cache
def _mix() -> BinaryModel:
    from neurocomp.models.mix import MixModel

    return MixModel()


@cache
def _text_s() -> BinaryModel:
    from neurocomp.models.recurrent import NetworkModel

    return NetworkModel.shipped("text-s")


_TEXT_L_SECTION_LANES = 1


@cache
def _text_l() -> BinaryModel:
    from neurocomp.models.recurrent import NetworkModel

    return NetworkModel.shipped("text-l", section_lanes=_TEXT_L_SECTION_LANES)


def _recurrent(stored: StoredModel) -> BinaryModel:
    from neurocomp.models.recurrent import NetworkModel

    return NetworkModel(stored)


@cache
def _adaptive() -> SymbolModel:
    from neurocomp.models.adaptive import AdaptiveModel

    return AdaptiveModel()


def _ngram(stored: StoredModel) -> SymbolModel:
    from neurocomp.models.ngram import NgramModel

    return NgramModel.from_stored(stored)


def _transformer(stored: StoredModel) -> SymbolModel:
    from neurocomp.models.transformer import TransformerModel

    return TransformerModel.from_stored(stored)


def _dalle(stored: StoredModel) -> SymbolModel:
    from neurocomp.models.dalle import DalleModel

    return DalleModel.from_stored(stored)


def _neural_ngram(stored: StoredModel) -> SymbolModel:
    from neurocomp.models.neural import NeuralNgramModel

    return NeuralNgramModel.from_stored(stored)


def _recurrent_tokens(stored: StoredModel) -> SymbolModel:
    from neurocomp.models.neural import RecurrentTokensModel

    return RecurrentTokensModel.from_stored(stored)


def _hub(identity: bytes, parameters: bytes, environment: bytes) -> SymbolModel:
    from neurocomp.models.hub.float_model import FloatModel

    return FloatModel.for_frame(identity, parameters, environment)


HUB = Architecture(5, "hf", Kind.SYMBOL, "any causal model of transformers, by float", by_name=_hub)

ARCHITECTURES = (
    Architecture(
        1,
        "mix",
        Kind.BINARY,
        "context mixing of bits",
        embedded=_mix,
        fingerprint=lambda: fingerprints.MIX,
    ),
    Architecture(
        2,
        "adaptive",
        Kind.SYMBOL,
        "orders 0 to 5, learnt while coding",
        embedded=_adaptive,
        fingerprint=lambda: fingerprints.ADAPTIVE,
    ),
    Architecture(3, "ngram", Kind.SYMBOL, "trained n-gram counts", from_stored=_ngram),
    Architecture(
        4, "transformer", Kind.SYMBOL, "exact transformer, such as GPT-2", from_stored=_transformer
    ),
    HUB,
    Architecture(
        6,
        "text-s",
        Kind.BINARY,
        "a small network and context mixing",
        embedded=_text_s,
        fingerprint=partial(fingerprints.shipped_network, "text-s"),
        file=fingerprints.network_file("text-s"),
    ),
    Architecture(
        7, "recurrent", Kind.BINARY, "a trained network and context mixing", from_stored=_recurrent
    ),
    Architecture(
        8, "dalle", Kind.SYMBOL, "exact prior of captions and image tokens", from_stored=_dalle
    ),
    Architecture(
        9, "neural-ngram", Kind.SYMBOL, "exact neural n-gram of tokens", from_stored=_neural_ngram
    ),
    Architecture(
        10,
        "recurrent-tokens",
        Kind.SYMBOL,
        "exact recurrent network of tokens",
        from_stored=_recurrent_tokens,
    ),
    Architecture(
        11,
        "text-l",
        Kind.BINARY,
        "a larger network and context mixing",
        embedded=_text_l,
        section_lanes=_TEXT_L_SECTION_LANES,
        fingerprint=partial(fingerprints.shipped_network, "text-l"),
        file=fingerprints.network_file("text-l"),
    ),
)
"""All architectures.  Ids are permanent once 0.1 is released."""

EMBEDDED = {one.name: one for one in ARCHITECTURES if one.embedded is not None}
"""The models that are part of the package, by name."""

BY_ID = {one.id: one for one in ARCHITECTURES}
"""All of them, by what a frame says."""
