"""An exact transformer as a symbol model."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from neurocomp.errors import FormatError, UsageError
from neurocomp.exact import Frequencies, Symbols
from neurocomp.exact.engine import Engine, open_engine
from neurocomp.frame.constants import MAX_CHOSEN_LANES
from neurocomp.models.common.lanes import LaneGroups
from neurocomp.models.common.tokens import StoredTokenNetwork
from neurocomp.models.transformer.config import TransformerConfig
from neurocomp.models.transformer.network import Network
from neurocomp.models.transformer.parts import read_parts
from neurocomp.store.stored import StoredModel
from neurocomp.threads import num_cores


class LaneGroup:
    """Lanes that one thread advances.

    Symbols are read into a window of the model's context.  When the window is full, its last
    ``overlap`` symbols are read anew from position 0 on: learnt positions can't be moved.

    Args:
        network: shared by all groups.
        num_lanes: of this group.
        context: positions of the window.
        overlap: 1 to context - 1.
        start_symbol: read before the first symbol.
    """

    def __init__(
        self, network: Network, num_lanes: int, context: int, overlap: int, start_symbol: int
    ) -> None:
        self._network = network
        self._overlap = overlap
        self._caches = network.caches(num_lanes)
        self._window = np.empty((num_lanes, context), np.int32)
        self._window[:, 0] = start_symbol
        self._num_read = 0
        self._num_known = 1
        self._tables: Frequencies | None = None

    def frequencies(self) -> Frequencies:
        """Return the tables (lanes, V) of what follows the window."""
        if self._tables is None:
            news = self._window[:, self._num_read : self._num_known]
            self._tables = self._network.advance(news, self._caches, self._num_read)
            self._num_read = self._num_known
        return self._tables

    def update(self, symbols: Symbols) -> None:
        """Append ``symbols`` (lanes,) to the window."""
        if self._num_known == self._window.shape[1]:
            kept = self._overlap - 1
            self._window[:, :kept] = self._window[:, self._num_known - kept :].copy()
            self._num_read, self._num_known = 0, kept
        self._window[:, self._num_known] = symbols
        self._num_known += 1
        self._tables = None


class TransformerPredictor(LaneGroups):
    """All lanes of a block, each a `LaneGroup`'s."""

    def __init__(
        self,
        network: Network,
        num_lanes: int,
        *,
        num_threads: int,
        context: int,
        overlap: int,
        start_symbol: int,
    ) -> None:
        super().__init__(
            num_lanes,
            num_threads,
            lambda lanes: LaneGroup(
                network, lanes.stop - lanes.start, context, overlap, start_symbol
            ),
        )


ARCHITECTURE = "transformer"
PARAMETER_BYTES = 2

MIN_LANE_SYMBOLS = 1024
"""A lane starts without context, which costs it some 60 bits in all."""

MAX_CACHE_BYTES = 2 << 30
"""Lanes are fewer where their caches would take more."""


class TransformerModel(StoredTokenNetwork):
    """Predicts a symbol from those before it in its lane, within a window.

    Args:
        stored: the integers, checked here: see ``config`` and ``parts``.
        overlap: symbols of a full window that the next one starts with; None for half.
        engine: who computes; None for what this machine does best.

    Raises:
        FormatError: the stored parts are damaged or would not be exact.
        UsageError: the overlap is out of range.
    """

    has_independent_lanes = True

    def __init__(
        self, stored: StoredModel, overlap: int | None = None, engine: Engine[Any] | None = None
    ) -> None:
        self._stored = stored
        self.config = TransformerConfig.from_json(dict(stored.config))
        self._overlap = self.config.context // 2 if overlap is None else overlap
        if not 1 <= self._overlap < self.config.context:
            raise UsageError(
                f"an overlap of {overlap} symbols is out of range: choose 1 to "
                f"{self.config.context - 1}"
            )
        self._engine = engine
        self._parts = read_parts(self.config, stored.tensors)

    @classmethod
    def from_stored(cls, stored: StoredModel) -> TransformerModel:
        """Return the model that ``stored`` holds; raises FormatError where it holds none."""
        if stored.architecture != ARCHITECTURE:
            raise FormatError(f"a model of architecture {stored.architecture!r} is no transformer")
        return cls(stored)

    def with_overlap(self, overlap: int) -> TransformerModel:
        """Return the same model with another overlap of its windows; raises UsageError."""
        return TransformerModel(self._stored, overlap, self._engine)

    def with_parameters(self, parameters: bytes) -> TransformerModel:
        """Return the same model with the overlap that a frame records; raises FormatError."""
        overlap = int.from_bytes(parameters, "little")
        if len(parameters) != PARAMETER_BYTES or not 1 <= overlap < self.config.context:
            raise FormatError(f"parameters {parameters.hex()} of the transformer are damaged")
        model = self.with_overlap(overlap)
        if model.parameters != parameters:
            raise FormatError("the frame records an overlap that is the transformer's own choice")
        return model

    @property
    def parameters(self) -> bytes:
        """The overlap, 2 bytes, little-endian; empty where it is half of the window."""
        if self._overlap == self.config.context // 2:
            return b""
        return self._overlap.to_bytes(PARAMETER_BYTES, "little")

    @property
    def alphabet_size(self) -> int:
        """Number of different symbols, V."""
        return self.config.alphabet_size

    @cached_property
    def network(self) -> Network:
        """The network, on an engine that has passed its self-test."""
        return Network(self.config, self._parts, self._engine or open_engine())

    def predictor(self, num_lanes: int) -> TransformerPredictor:
        """Return a predictor whose lanes have read the start symbol only."""
        return TransformerPredictor(
            self.network,
            num_lanes,
            num_threads=num_cores(),
            context=self.config.context,
            overlap=self._overlap,
            start_symbol=self.config.start_symbol,
        )

    def num_lanes(self, num_symbols: int) -> int:
        """Return 1 lane for each 1024 symbols, at most 64, and caches of at most 2 GiB."""
        fitting = max(MAX_CACHE_BYTES // self.config.cache_bytes_per_lane, 1)
        return min(max(num_symbols // MIN_LANE_SYMBOLS, 1), MAX_CHOSEN_LANES, fitting)
