"""Every family of models that a frame can name; what is heavy is imported where it is used."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neurocomp.coding.bounds import BINARY, FREE
from neurocomp.frame import constants
from neurocomp.store.shipped import packaged_priors

if TYPE_CHECKING:
    from neurocomp.codec.contract import Model
    from neurocomp.store.stored import StoredModel


CONTEXTS = "contexts"
PRIMED_CONTEXTS = "contexts + primer"
NETWORK = "network"
LANGUAGE = "language"
LANGUAGE_AND_NETWORK = "language + network"


class Kind(enum.Enum):
    """Which contract the models of a family fulfil."""

    SYMBOL = "symbol"
    BINARY = "binary"


@dataclass(frozen=True)
class Family:
    """A family of models: its id in the format, how its models are opened, what its blocks are.

    Attributes:
        id: the family's number in frames.
        kind: symbol or binary.
        summary: one line for people.
        from_stored: makes a model from its stored form.
        by_name: finds a model that is kept by another library from a frame's hash, parameters and
            environment.
        local_name: returns what such a model is called, by a frame's parameters and environment,
            without loading it; raises FormatError, or ModelMismatchError on another machine.
        packaged_files: returns the files of those models of the package that have names of their
            own, such as "dalle:rainbow", by name.
        takes_dictionaries: models read one before each block.
        has_window: models see a window of context, whose overlap may be chosen.
        sliding_window: returns the usual length of a model's sliding window, by the configuration
            in its file's header; None where no window slides.
        stored_family: family of its models' files, if that is another one.
        mix: makes a model of one of ``stored_family``; None where it can't be one.
        bit_coder: coder of a binary model, `BINARY` or `FREE`, which bounds its payloads.
        max_lanes: most lanes of a block.
        has_sections: lanes of a block are split into sections, which are coded side by side.
        variants: names of coding methods by a block's variant, for people; empty if blocks are
            all coded alike.
    """

    id: int
    kind: Kind
    summary: str
    from_stored: Callable[[StoredModel], Model] | None = None
    by_name: Callable[[bytes, bytes, bytes], Model] | None = None
    local_name: Callable[[bytes, bytes], str] | None = None
    packaged_files: Callable[[], Mapping[str, Path]] = dict
    takes_dictionaries: bool = False
    has_window: bool = False
    sliding_window: Callable[[Mapping[str, Any]], int | None] = lambda _: None
    stored_family: int | None = None
    mix: Callable[[Model], Model | None] | None = None
    bit_coder: str = BINARY
    max_lanes: int = constants.MAX_LANES
    has_sections: bool = False
    variants: tuple[str, ...] = ()

    @property
    def is_kept(self) -> bool:
        """Whether models are kept in files, rather than part of the package."""
        return bool(self.from_stored or self.by_name)

    @property
    def stored_name(self) -> str:
        """The family's name in model files."""
        return constants.FAMILY_NAMES[self.stored_family or self.id]

    @property
    def name(self) -> str:
        """The family's name, which stored models say."""
        return constants.FAMILY_NAMES[self.id]

    @property
    def revision(self) -> int:
        """Revision of the family's arithmetic in this version of the software."""
        return constants.REVISIONS[self.id]

    def coded_with(self, variant: int) -> str:
        """Return what a block of that variant was coded with, for people."""
        return self.variants[variant] if self.variants else self.name


def _bytenet(stored: StoredModel) -> Model:
    from neurocomp.models.bytenet import NetworkModel

    return NetworkModel(stored)


def _ngram(stored: StoredModel) -> Model:
    from neurocomp.models.ngram import NgramModel

    return NgramModel.from_stored(stored)


def _transformer(stored: StoredModel) -> Model:
    from neurocomp.models.transformer import TransformerModel

    return TransformerModel.from_stored(stored)


def _sliding_window(config: Mapping[str, Any]) -> int | None:
    from neurocomp.models.transformer.config import usual_window

    return usual_window(config)


def _language(stored: StoredModel) -> Model:
    from neurocomp.models.language import LanguageModel

    return LanguageModel.from_stored(stored)


def _mixed(model: Model) -> Model | None:
    from neurocomp.models.language import LanguageModel

    return LanguageModel.of(model)


def _dalle(stored: StoredModel) -> Model:
    from neurocomp.models.dalle import DalleModel

    return DalleModel.from_stored(stored)


def _neural_ngram(stored: StoredModel) -> Model:
    from neurocomp.models.tokennets import NeuralNgramModel

    return NeuralNgramModel.from_stored(stored)


def _recurrent_tokens(stored: StoredModel) -> Model:
    from neurocomp.models.tokennets import RecurrentTokensModel

    return RecurrentTokensModel.from_stored(stored)


def _hub(identity: bytes, parameters: bytes, environment: bytes) -> Model:
    from neurocomp.models.hub.float_model import FloatModel

    return FloatModel.for_frame(identity, parameters, environment)


def _hub_name(parameters: bytes, environment: bytes) -> str:
    from neurocomp.models.hub import environment as machine
    from neurocomp.models.hub.places import Place

    machine.check(environment, without_torch=True)
    return str(Place.from_bytes(parameters))


HUB = Family(
    constants.FAMILY_HF,
    Kind.SYMBOL,
    "any causal model of transformers, by float",
    by_name=_hub,
    local_name=_hub_name,
)

FAMILIES = (
    Family(
        constants.FAMILY_MIX,
        Kind.BINARY,
        "context mixing of bits",
        takes_dictionaries=True,
        max_lanes=1,
        variants=(CONTEXTS, CONTEXTS, PRIMED_CONTEXTS, CONTEXTS),
    ),
    Family(constants.FAMILY_ADAPTIVE, Kind.SYMBOL, "orders 0 to 5, learnt while coding"),
    Family(constants.FAMILY_NGRAM, Kind.SYMBOL, "trained n-gram counts", from_stored=_ngram),
    Family(
        constants.FAMILY_TRANSFORMER,
        Kind.SYMBOL,
        "exact transformer, such as GPT-2",
        from_stored=_transformer,
        has_window=True,
        sliding_window=_sliding_window,
    ),
    HUB,
    Family(
        constants.FAMILY_BYTENET,
        Kind.BINARY,
        "a network of bytes and context mixing",
        from_stored=_bytenet,
        takes_dictionaries=True,
        max_lanes=constants.MAX_BYTENET_LANES,
        has_sections=True,
        variants=(CONTEXTS, CONTEXTS, NETWORK, NETWORK),
    ),
    Family(
        constants.FAMILY_DALLE,
        Kind.SYMBOL,
        "exact prior of captions and image tokens",
        from_stored=_dalle,
        packaged_files=packaged_priors,
    ),
    Family(
        constants.FAMILY_NEURAL_NGRAM,
        Kind.SYMBOL,
        "exact neural n-gram of tokens",
        from_stored=_neural_ngram,
    ),
    Family(
        constants.FAMILY_RECURRENT_TOKENS,
        Kind.SYMBOL,
        "exact recurrent network of tokens",
        from_stored=_recurrent_tokens,
    ),
    Family(
        constants.FAMILY_LANGUAGE,
        Kind.BINARY,
        "an exact transformer of tokens and context mixing",
        from_stored=_language,
        has_window=True,
        stored_family=constants.FAMILY_TRANSFORMER,
        mix=_mixed,
        bit_coder=FREE,
        max_lanes=constants.MAX_LANGUAGE_LANES,
        variants=(LANGUAGE, LANGUAGE, LANGUAGE_AND_NETWORK, LANGUAGE_AND_NETWORK),
    ),
)
"""All families: to add one is to add a line here, and its id to ``frame/constants.py``."""

BY_ID = {one.id: one for one in FAMILIES}
"""All families, by id."""


def family_named(name: str) -> Family | None:
    """Return the family of the architecture that a model file names; None where it is unknown."""
    return next((one for one in FAMILIES if one.name == name == one.stored_name), None)
