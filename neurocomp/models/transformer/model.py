"""An exact transformer as a symbol model."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from neurocomp import _core
from neurocomp.codec.contract import Predictor
from neurocomp.errors import FormatError, UsageError
from neurocomp.exact import Symbols
from neurocomp.exact.engine import Engine, open_engine
from neurocomp.exact.scaling import MAX_POSITIONS
from neurocomp.frame.constants import MAX_CHOSEN_LANES
from neurocomp.models.common.tokens import StoredTokenNetwork
from neurocomp.models.transformer.compiled import CompiledLanes, Compiler, compile_transformer
from neurocomp.models.transformer.config import TransformerConfig
from neurocomp.models.transformer.network import Network
from neurocomp.models.transformer.parts import Parts, read_parts
from neurocomp.models.transformer.predictor import (
    EngineLanes,
    Reader,
    TransformerPredictor,
    WindowPredictor,
)
from neurocomp.store.stored import StoredModel
from neurocomp.threads import num_cores

ARCHITECTURE = "transformer"
PARAMETER_BYTES = 2

MIN_LANE_SYMBOLS = 1024
"""A lane starts without context, which costs it about 60 bits in all."""

MIN_WINDOW_LANE_SYMBOLS = 4096
"""Least symbols of a lane with a sliding window; each lane costs about 240 bits."""

MAX_CACHE_BYTES = 2 << 30
"""Lanes are fewer where their caches would take more."""


class TransformerModel(StoredTokenNetwork):
    """Predicts a symbol from those before it in its lane, within a window.

    The window of a model with learnt positions is read again when it is full, its last ``overlap``
    symbols first.  That of a model with rotary positions slides: its ``window`` is what a symbol
    sees of those before it.

    Args:
        stored: the integers, checked here: see ``config`` and ``parts``.
        overlap: number of symbols of a full window that the next one starts with; None for half.
        engine: engine that computes; None for the best one of this machine.
        window: number of positions of a sliding window; None for 1,024, or the model's context.

    Raises:
        FormatError: the stored parts are damaged or would not be exact.
        UsageError: the overlap or the window is out of range.
    """

    has_independent_lanes = True

    def __init__(
        self,
        stored: StoredModel,
        overlap: int | None = None,
        engine: Engine[Any] | None = None,
        window: int | None = None,
    ) -> None:
        self._stored = stored
        self.config = TransformerConfig.from_json(dict(stored.config))
        self._overlap = self.config.context // 2 if overlap is None else overlap
        if overlap is not None and self.slides:
            raise UsageError(
                "the model's window slides: it has no overlap, but a length; leave the overlap out"
            )
        if not 1 <= self._overlap < self.config.context:
            raise UsageError(
                f"an overlap of {overlap} symbols is out of range: choose 1 to "
                f"{self.config.context - 1}"
            )
        if window is not None and not self.slides:
            raise UsageError("the model's window is its context: give an overlap, or nothing")
        self._window = self.config.default_window if window is None else window
        if self.slides and not self.config.sinks < self._window <= self.config.context:
            raise UsageError(
                f"a window of {window} symbols is out of range: choose {self.config.sinks + 1} to "
                f"{self.config.context}"
            )
        self._engine = engine
        self._held: Parts | None = read_parts(self.config, stored.tensors)
        self._ordered: tuple[Symbols, _core.language.Transformer] | None = None

    @property
    def _parts(self) -> Parts:
        """The parts, read again where they were let go."""
        if self._held is None:
            self._held = read_parts(self.config, self._stored.tensors)
        return self._held

    @classmethod
    def from_stored(cls, stored: StoredModel) -> TransformerModel:
        """Return the model that ``stored`` holds; raises FormatError where it holds none."""
        if stored.architecture != ARCHITECTURE:
            raise FormatError(
                f"a model of architecture {stored.architecture!r} is not a transformer"
            )
        return cls(stored)

    @property
    def slides(self) -> bool:
        """Whether its window slides, instead of being read again."""
        return self.config.sinks > 0

    def with_overlap(self, overlap: int) -> TransformerModel:
        """Return the same model with another overlap of its windows; raises UsageError."""
        return TransformerModel(self._stored, overlap, self._engine)

    def with_window(self, window: int) -> TransformerModel:
        """Return the same model with a sliding window of that length; raises UsageError."""
        return TransformerModel(self._stored, None, self._engine, window)

    def with_parameters(self, parameters: bytes) -> TransformerModel:
        """Return the same model with the overlap or window that a frame records.

        Raises:
            FormatError: there is none.
        """
        number = int.from_bytes(parameters, "little")
        if len(parameters) != PARAMETER_BYTES:
            raise FormatError(f"parameters {parameters.hex()} of the transformer are damaged")
        try:
            model = self.with_window(number) if self.slides else self.with_overlap(number)
        except UsageError:
            raise FormatError(
                f"parameters {parameters.hex()} of the transformer are damaged"
            ) from None
        if model.parameters != parameters:
            raise FormatError(
                "the frame records the transformer's default window, which it must leave out"
            )
        return model

    @property
    def parameters(self) -> bytes:
        """The window's length where it slides, else the overlap: 2 bytes, little-endian.

        Empty where it is the usual: 1,024 positions, or half of the window.
        """
        chosen, usual = self._overlap, self.config.context // 2
        if self.slides:
            chosen, usual = self._window, self.config.default_window
        return b"" if chosen == usual else chosen.to_bytes(PARAMETER_BYTES, "little")

    @property
    def alphabet_size(self) -> int:
        """Number of different symbols, V."""
        return self.config.alphabet_size

    @cached_property
    def engine(self) -> Engine[Any]:
        """The engine; it has passed its self-test."""
        return self._engine or open_engine()

    @cached_property
    def network(self) -> Network:
        """The network, on its engine."""
        return Network(self.config, self._parts, self.engine)

    @property
    def window(self) -> int:
        """Positions that a symbol sees where the window slides."""
        return self._window

    @cached_property
    def compiled(self) -> _core.language.Transformer:
        """The transformer in the core; only where its window slides."""
        return compile_transformer(self.config, self._parts)

    def compiled_in_order(self, order: Symbols) -> _core.language.Transformer:
        """Return the transformer in the core with its logits in another order, (V,).

        The core has weights of its own then, and the model lets go of those that it holds.
        """
        if self._ordered is None or not np.array_equal(self._ordered[0], order):
            compiler = Compiler(self.config, self._parts_in_order(order))
            self._held = None
            self._stored.let_go()
            self._ordered = order, compiler.finish()
        return self._ordered[1]

    def _parts_in_order(self, order: Symbols) -> Parts:
        parts = self._parts
        head = parts.head
        ordered = replace(
            head,
            weight=head.weight[order],
            multiplier=head.multiplier[order],
            bias=head.bias[order],
        )
        return replace(parts, head=ordered)

    def _reader(self, num_lanes: int, max_steps: int) -> Reader:
        """Return lanes over a sliding window: the core's, where the core computes."""
        if self.engine.is_core:
            size = self.alphabet_size
            return CompiledLanes(self.compiled, size, num_lanes, self._window, max_steps)
        return EngineLanes(self.network, num_lanes, self._window, max_steps)

    def predictor(self, num_lanes: int) -> Predictor:
        """Return a predictor whose lanes have read the start symbol only."""
        if self.slides:
            return WindowPredictor(
                self._reader,
                num_lanes,
                num_threads=num_cores(),
                start_symbol=self.config.start_symbol,
            )
        return TransformerPredictor(
            self.network,
            num_lanes,
            num_threads=num_cores(),
            context=self.config.context,
            overlap=self._overlap,
            start_symbol=self.config.start_symbol,
        )

    @property
    def lane_cache_bytes(self) -> int:
        """Memory of a lane's keys and values."""
        positions = self._window if self.slides else self.config.context
        return self.config.cache_bytes_per_lane(positions)

    @property
    def num_fitting_lanes(self) -> int:
        """Lanes whose caches stay within `MAX_CACHE_BYTES`, at least 1."""
        return max(MAX_CACHE_BYTES // self.lane_cache_bytes, 1)

    def num_lanes(self, num_symbols: int) -> int:
        """Return 1 lane for each 1024 symbols, or 4096, at most 64, and caches within 2 GiB."""
        shortest = MIN_WINDOW_LANE_SYMBOLS if self.slides else MIN_LANE_SYMBOLS
        number = min(max(num_symbols // shortest, 1), MAX_CHOSEN_LANES, self.num_fitting_lanes)
        if self.slides and num_symbols > number * MAX_POSITIONS:
            raise UsageError(
                f"a block of {num_symbols} tokens is too long for the model's lanes: give a "
                "smaller --block-size"
            )
        return number
