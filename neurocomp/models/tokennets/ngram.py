"""The exact neural n-gram."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurocomp.exact import Frequencies, Symbols
from neurocomp.exact.engine import Engine
from neurocomp.exact.layers import Linear, Norm
from neurocomp.exact.scaling import RESIDUAL_LIMIT
from neurocomp.exact.tables import TABLE_SIZE, Activation
from neurocomp.models.bytenet.network import prepare_normed
from neurocomp.models.bytenet.parts import read_exp2, read_tensor
from neurocomp.models.tokennets.config import NeuralNgramConfig
from neurocomp.models.tokennets.words import Words, read_layer, read_words


@dataclass(frozen=True, eq=False)
class NgramParts:
    """Everything that a neural n-gram computes with.

    Attributes:
        words: vectors of words, at the input and the output.
        norm: norm of the concatenated vectors.
        hidden: layer from the normalised vectors to twice the argument of tanh.
        sigmoid: table of tanh: ``tanh(z) = 2 sigmoid(2 z) - 1``, and the layer after it takes care
            of the factor and the constant.
        out: layer from the hidden layer to a vector.
        exp2: table of powers of 2.
    """

    words: Words
    norm: Norm
    hidden: Linear
    sigmoid: Activation
    out: Linear
    exp2: NDArray[np.int32]


def read_ngram(config: NeuralNgramConfig, tensors: Mapping[str, NDArray[Any]]) -> NgramParts:
    """Return the parts of a stored network.

    Raises:
        FormatError: one is missing, has a wrong shape, or would not be exact.
    """
    size, hidden = config.context * config.width, config.hidden_width
    return NgramParts(
        read_words(config, tensors),
        Norm(np.ones(size, np.int32), config.epsilon, center=False),
        read_layer(tensors, "hidden", hidden, size, RESIDUAL_LIMIT),
        Activation(read_tensor(tensors, "sigmoid", (TABLE_SIZE,), np.int32), saturates=True),
        read_layer(tensors, "out", config.width, hidden, RESIDUAL_LIMIT),
        read_exp2(tensors),
    )


class NgramNetwork:
    """Runs the parts on an engine; see ``model.TokenNetwork``.

    The state is the last symbols of each lane, int32 (lanes, context), the latest last.
    """

    def __init__(self, config: NeuralNgramConfig, parts: NgramParts, engine: Engine[Any]) -> None:
        self._config, self._parts, self._engine = config, parts, engine
        self._hidden = prepare_normed(engine, parts.norm, parts.hidden)
        self._activate = engine.prepare_activation(parts.sigmoid)
        self._out = engine.prepare_linear(parts.out)
        self._head = engine.prepare_linear(parts.words.head)
        self._frequencies = engine.prepare_frequencies(parts.exp2)

    def start(self, num_lanes: int) -> NDArray[np.int32]:
        """Return windows of start symbols."""
        return np.full((num_lanes, self._config.context), self._config.start_symbol, np.int32)

    def predict(self, state: NDArray[np.int32]) -> Frequencies:
        """Return the tables (lanes, V) of what follows the windows."""
        engine, parts = self._engine, self._parts
        vectors = parts.words.vectors(state.reshape(-1))  # (lanes * context, K)
        hidden = self._hidden(engine.put(vectors.reshape(len(state), -1)))  # (lanes, hidden)
        rows = self._out(engine.quantise(self._activate(hidden), parts.out.limit))
        return self._frequencies(self._head(engine.quantise(rows, parts.words.head.limit)))

    def read(self, state: NDArray[np.int32], symbols: Symbols) -> None:
        """Move the windows on."""
        state[:, :-1] = state[:, 1:].copy()
        state[:, -1] = symbols

    def foresee(self, state: NDArray[np.int32], piece: Symbols) -> Frequencies:
        """Return the tables (steps, lanes, V) before each of the next symbols (steps, lanes)."""
        num_steps, num_lanes = piece.shape
        context = self._config.context
        past = np.concatenate([state.T, piece])  # (context + steps, lanes)
        windows = np.lib.stride_tricks.sliding_window_view(past, context, axis=0)
        state[:] = windows[-1]
        tables = self.predict(windows[:-1].reshape(-1, context))
        return tables.reshape(num_steps, num_lanes, -1)
