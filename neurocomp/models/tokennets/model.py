"""Exact networks of tokens as symbol models."""

from __future__ import annotations

from abc import abstractmethod
from functools import cached_property
from typing import Any, Protocol, Self

from neurocomp.errors import FormatError
from neurocomp.exact import Frequencies, Symbols
from neurocomp.exact.engine import Engine, open_engine
from neurocomp.frame.constants import MAX_CHOSEN_LANES
from neurocomp.models.common.lanes import ForeseeingGroups
from neurocomp.models.common.tokens import StoredTokenNetwork
from neurocomp.models.tokennets.config import NeuralNgramConfig, RecurrentTokensConfig, TokenConfig
from neurocomp.models.tokennets.ngram import NgramNetwork, read_ngram
from neurocomp.models.tokennets.recurrent import RecurrentNetwork, read_recurrent
from neurocomp.store.stored import StoredModel
from neurocomp.threads import num_cores


class TokenNetwork(Protocol):
    """A network on an engine, which predicts from a state for each lane."""

    def start(self, num_lanes: int) -> Any:
        """Return the state before the first symbol of new lanes."""

    def predict(self, state: Any) -> Frequencies:
        """Return the tables (lanes, V) of what comes next; called once between two reads."""

    def read(self, state: Any, symbols: Symbols) -> None:
        """Change ``state`` to that after symbols (lanes,)."""

    def foresee(self, state: Any, piece: Symbols) -> Frequencies:
        """Return the tables (steps, lanes, V) before each of the next symbols (steps, lanes).

        ``state`` is changed to that after all of them.
        """


class LaneGroup:
    """Lanes that one thread advances.

    Args:
        network: network that all groups share.
        num_lanes: number of lanes of this group.
    """

    def __init__(self, network: TokenNetwork, num_lanes: int) -> None:
        self._network, self._state = network, network.start(num_lanes)
        self._tables: Frequencies | None = None

    def frequencies(self) -> Frequencies:
        """Return the tables (lanes, V) of the next symbols."""
        if self._tables is None:
            self._tables = self._network.predict(self._state)
        return self._tables

    def update(self, symbols: Symbols) -> None:
        """Append ``symbols`` (lanes,)."""
        self.frequencies()  # which a recurrence advances by
        self._network.read(self._state, symbols)
        self._tables = None

    def foresee(self, piece: Symbols) -> Frequencies:
        """Return the tables (steps, lanes, V) before each of the next symbols (steps, lanes)."""
        return self._network.foresee(self._state, piece)


MIN_LANE_SYMBOLS = 1024
"""A lane starts without context, which costs it about 10 to 60 bits."""


class TokenModel(StoredTokenNetwork):
    """Predicts a symbol from those before it in its lane.

    Args:
        stored: the integers, checked here.
        engine: engine that computes; None for the best one of this machine.

    Raises:
        FormatError: they are of another architecture, damaged, or would not be exact.
    """

    has_independent_lanes = True

    architecture: str

    def __init__(self, stored: StoredModel, engine: Engine[Any] | None = None) -> None:
        if stored.architecture != self.architecture:
            raise FormatError(f"a model of architecture {stored.architecture!r} is another one")
        self._stored, self._engine = stored, engine

    @classmethod
    def from_stored(cls, stored: StoredModel) -> Self:
        """Return the model that ``stored`` holds; raises FormatError where it holds none."""
        return cls(stored)

    @property
    @abstractmethod
    def config(self) -> TokenConfig:
        """The shape."""

    @abstractmethod
    def on(self, engine: Engine[Any]) -> TokenNetwork:
        """Return the network on an engine."""

    @property
    def alphabet_size(self) -> int:
        """Number of different symbols, V."""
        return self.config.alphabet_size

    @cached_property
    def network(self) -> TokenNetwork:
        """The network, on an engine that has passed its self-test."""
        return self.on(self._engine or open_engine())

    def predictor(self, num_lanes: int) -> ForeseeingGroups:
        """Return a predictor whose lanes have read start symbols only."""
        return grouped(self.network, num_lanes, num_cores())

    def num_lanes(self, num_symbols: int) -> int:
        """Return 1 lane for each 1024 symbols, at least 1 and at most 64."""
        return min(max(num_symbols // MIN_LANE_SYMBOLS, 1), MAX_CHOSEN_LANES)


class NeuralNgramModel(TokenModel):
    """A neural n-gram in its exact form."""

    architecture = "neural-ngram"

    def __init__(self, stored: StoredModel, engine: Engine[Any] | None = None) -> None:
        super().__init__(stored, engine)
        self._config = NeuralNgramConfig.from_json(dict(stored.config))
        self._parts = read_ngram(self._config, stored.tensors)

    @property
    def config(self) -> NeuralNgramConfig:
        """The shape."""
        return self._config

    def on(self, engine: Engine[Any]) -> NgramNetwork:
        """Return the network on an engine."""
        return NgramNetwork(self._config, self._parts, engine)


class RecurrentTokensModel(TokenModel):
    """A recurrent network of tokens in its exact form."""

    architecture = "recurrent-tokens"

    def __init__(self, stored: StoredModel, engine: Engine[Any] | None = None) -> None:
        super().__init__(stored, engine)
        self._config = RecurrentTokensConfig.from_json(dict(stored.config))
        self._parts = read_recurrent(self._config, stored.tensors)

    @property
    def config(self) -> RecurrentTokensConfig:
        """The shape."""
        return self._config

    def on(self, engine: Engine[Any]) -> RecurrentNetwork:
        """Return the network on an engine."""
        return RecurrentNetwork(self._config, self._parts, engine)


def grouped(network: TokenNetwork, num_lanes: int, num_threads: int) -> ForeseeingGroups:
    """Return a predictor that spreads lanes over threads, which changes the time only."""
    return ForeseeingGroups(num_lanes, num_threads, lambda lanes: LaneGroup(network, lanes))
