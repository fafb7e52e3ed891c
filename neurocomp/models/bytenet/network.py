"""The forward pass of an exact recurrent network, on any engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from neurocomp.exact import Frequencies, Symbols
from neurocomp.exact.engine import Engine
from neurocomp.exact.hashing import find_rows
from neurocomp.exact.layers import SQUARE_LIMIT, Linear, Norm, Recurrence
from neurocomp.exact.scaling import RESIDUAL_LIMIT
from neurocomp.exact.tables import Activation
from neurocomp.models.bytenet.config import SEPARATOR, RecurrentConfig
from neurocomp.models.bytenet.parts import Block, Parts


class Network:
    """Steps lanes of bytes through a network's parts on an engine.

    Slower than ``compiled.advance``, which computes the same: this is the form for GPUs, and the
    one that says what is computed.

    Args:
        config: shape of the network.
        parts: integers that fit it.
        engine: engine that computes.
    """

    def __init__(self, config: RecurrentConfig, parts: Parts, engine: Engine[Any]) -> None:
        self._config, self._parts, self._engine = config, parts, engine
        self._blocks = [PreparedBlock(config.width, block, parts, engine) for block in parts.blocks]
        self._head = prepare_normed(engine, parts.norm, parts.head)
        self._frequencies = engine.prepare_frequencies(parts.exp2)

    def states(self, num_lanes: int) -> list[Any]:
        """Return the state of each block before the first byte, (lanes, d)."""
        shape = (num_lanes, self._config.width)
        return [self._engine.put(np.zeros(shape, np.int32)) for _ in self._blocks]

    def windows(self, num_lanes: int) -> NDArray[np.int32]:
        """Return the input before the lanes' first byte: (lanes, context) separators."""
        return np.full((num_lanes, self._config.context), SEPARATOR, np.int32)

    def advance(self, windows: Symbols, states: list[Any]) -> Frequencies:
        """Take in the last byte of each window and predict the next one.

        Args:
            windows: last bytes of each lane, the latest last, (lanes, context).
            states: from `states`; replaced by those after this step.

        Returns:
            Frequency tables (lanes, 256).
        """
        context = self._config.context
        embeddings = self._parts.embeddings
        total = sum(embeddings[k][windows[:, context - 1 - k]] for k in range(context))
        total = total + self.hashed_sum(windows)
        rows = self._engine.put(np.ascontiguousarray(total, np.int32))
        for number, block in enumerate(self._blocks):
            rows, states[number] = block(rows, states[number])
        return self._frequencies(self._head(rows))

    def hashed_sum(self, windows: Symbols) -> NDArray[np.int32]:
        """Return the sum of the embeddings of hashed n-grams, (lanes, d)."""
        hashed = self._parts.hashed
        total = np.zeros((windows.shape[0], self._config.width), np.int32)
        for rows in find_rows(windows.astype(np.int64), hashed.tables):
            total += hashed.rows[rows] * hashed.scales[rows, None]
        return total


class SharedParts(Protocol):
    """The parts that all blocks of a network share."""

    @property
    def norm(self) -> Norm:
        """Norm of every layer's input; without gains."""

    @property
    def recurrence(self) -> Recurrence:
        """Its table."""

    @property
    def silu(self) -> Activation:
        """Table of the output gate."""


class PreparedBlock:
    """A block on an engine: rows of the stream and its state to those after the next symbols.

    Args:
        width: width of the stream.
        block: layers of the block.
        parts: parts that it shares with the other blocks.
        engine: engine that computes.
    """

    def __init__(self, width: int, block: Block, parts: SharedParts, engine: Engine[Any]) -> None:
        self._width, self._engine = width, engine
        self._limits = block.out.limit, block.down.limit
        self._gates = prepare_normed(engine, parts.norm, block.gates)
        self._recur = engine.prepare_recurrence(parts.recurrence)
        self._silu = engine.prepare_activation(parts.silu)
        self._out = engine.prepare_linear(block.out)
        self._up = prepare_normed(engine, parts.norm, block.up)
        self._down = engine.prepare_linear(block.down)

    def __call__(self, rows: Any, state: Any) -> tuple[Any, Any]:
        """Return rows (steps * lanes, d), step by step, with the block's increment, and the state.

        The state, (lanes, d), is that before the first step, and returned as after the last.
        """
        engine, width = self._engine, self._width
        out_limit, down_limit = self._limits
        gates = self._gates(rows)  # (M, 3 d)
        candidates = engine.columns(gates, 2 * width, 3 * width)
        states, state = self._recur(state, engine.columns(gates, 0, width), candidates)
        opened = self._silu(engine.columns(gates, width, 2 * width))
        opened = engine.gate(opened, states, RESIDUAL_LIMIT)
        opened = self._out(engine.quantise(opened, out_limit))
        rows = engine.add(rows, opened, RESIDUAL_LIMIT)
        inner = engine.square(self._up(rows), SQUARE_LIMIT)
        inner = self._down(engine.quantise(inner, down_limit))
        return engine.add(rows, inner, RESIDUAL_LIMIT), state


def prepare_normed(engine: Engine[Any], norm: Norm, layer: Linear) -> Callable[[Any], Any]:
    """Return a norm and the layer after it as one function of rows."""
    normalise, apply = engine.prepare_norm(norm, layer.limit), engine.prepare_linear(layer)
    return lambda rows: apply(normalise(rows))
