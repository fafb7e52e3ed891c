"""The exact recurrent network of tokens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurocomp.exact import Frequencies, Symbols
from neurocomp.exact.engine import Engine
from neurocomp.exact.layers import Linear, Norm, Recurrence
from neurocomp.exact.tables import TABLE_SIZE, Activation
from neurocomp.models.bytenet.network import PreparedBlock, prepare_normed
from neurocomp.models.bytenet.parts import Block, read_block, read_exp2, read_tensor
from neurocomp.models.tokennets.config import RecurrentTokensConfig
from neurocomp.models.tokennets.words import Words, read_layer, read_words


@dataclass(frozen=True, eq=False)
class RecurrentParts:
    """Everything that the network computes with.

    Attributes:
        words: vectors of words, at the input and the output.
        blocks: blocks as the byte network has them.
        norm: norm of every layer's input, without gains.
        recurrence: table of the recurrence.
        silu: table of the output gate.
        exp2: table of powers of 2.
    """

    words: Words
    blocks: tuple[Block, ...]
    norm: Norm
    recurrence: Recurrence
    silu: Activation
    exp2: NDArray[np.int32]


def read_recurrent(
    config: RecurrentTokensConfig, tensors: Mapping[str, NDArray[Any]]
) -> RecurrentParts:
    """Return the parts of a stored network.

    Raises:
        FormatError: one is missing, has a wrong shape, or would not be exact.
    """

    def linear(name: str, num_outputs: int, num_inputs: int, clip: int) -> Linear:
        return read_layer(tensors, name, num_outputs, num_inputs, clip)

    width, inner = config.width, config.inner_width
    return RecurrentParts(
        read_words(config, tensors),
        tuple(read_block(index, width, inner, linear) for index in range(config.num_blocks)),
        Norm(np.ones(width, np.int32), config.epsilon, center=False),
        Recurrence(read_tensor(tensors, "gate", (TABLE_SIZE,), np.int32)),
        Activation(read_tensor(tensors, "silu", (TABLE_SIZE,), np.int32), saturates=False),
        read_exp2(tensors),
    )


@dataclass
class RecurrentState:
    """The last symbol of each lane, (lanes,), and the state of each block, (lanes, d)."""

    symbols: NDArray[np.int32]
    blocks: list[Any]


class RecurrentNetwork:
    """Runs the parts on an engine; see ``model.TokenNetwork``."""

    def __init__(
        self, config: RecurrentTokensConfig, parts: RecurrentParts, engine: Engine[Any]
    ) -> None:
        self._config, self._parts, self._engine = config, parts, engine
        self._blocks = [PreparedBlock(config.width, one, parts, engine) for one in parts.blocks]
        self._head = prepare_normed(engine, parts.norm, parts.words.head)
        self._frequencies = engine.prepare_frequencies(parts.exp2)

    def start(self, num_lanes: int) -> RecurrentState:
        """Return states of zeros, and the start symbol."""
        shape = (num_lanes, self._config.width)
        blocks = [self._engine.put(np.zeros(shape, np.int32)) for _ in self._blocks]
        return RecurrentState(np.full(num_lanes, self._config.start_symbol, np.int32), blocks)

    def predict(self, state: RecurrentState) -> Frequencies:
        """Take in the last symbols, and return the tables (lanes, V) of what comes next."""
        return self._advance(state, state.symbols)

    def read(self, state: RecurrentState, symbols: Symbols) -> None:
        """Keep ``symbols`` for the next prediction."""
        state.symbols = np.array(symbols, np.int32)

    def foresee(self, state: RecurrentState, piece: Symbols) -> Frequencies:
        """Return the tables (steps, lanes, V) before each of the next symbols (steps, lanes)."""
        read = np.concatenate([state.symbols[None], piece[:-1]])
        self.read(state, piece[-1])
        return self._advance(state, read.reshape(-1)).reshape(*piece.shape, -1)

    def _advance(self, state: RecurrentState, symbols: Symbols) -> Frequencies:
        """Take in symbols (steps * lanes,), step by step; return the tables after each."""
        rows = self._engine.put(self._parts.words.vectors(symbols))
        for number, block in enumerate(self._blocks):
            rows, state.blocks[number] = block(rows, state.blocks[number])
        return self._frequencies(self._head(rows))
