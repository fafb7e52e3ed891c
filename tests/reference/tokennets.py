"""Networks of tokens: docs/spec/tokennets.md."""

from __future__ import annotations

from tests.reference.exact import (
    STREAM_LIMIT,
    Embedding,
    Layer,
    Norm,
    Scale,
    function,
    weights_of_logits,
)
from tests.reference.recurrence import Recurrence
from tests.reference.stored import StoredModel

LOGIT_LIMIT = 1 << 24


class Words:
    """Section 2: the vectors of symbols, as an input and as the layer of logits."""

    def __init__(self, stored: StoredModel) -> None:
        self.stored, config = stored, stored.config
        self.size: int = config["alphabet_size"]
        self.width: int = config["width"]
        self.start_symbol: int = config["start_symbol"]
        self.vector = Embedding(stored, "head.weight", self.width, config["embedding_shift"])
        self.head = self.layer("head", self.size, self.width, LOGIT_LIMIT)
        self.exp2 = stored.numbers("exp2")

    def layer(self, name: str, size: int, inputs: int, clip: int) -> Layer:
        limit, shift = self.stored.numbers(f"{name}.scale")
        return Layer(self.stored, name, size, inputs, Scale(limit, shift, clip))


class NeuralNgram:
    """Section 3."""

    def __init__(self, stored: StoredModel) -> None:
        config = stored.config
        self.words = Words(stored)
        self.size, self.context = self.words.size, config["context"]
        inputs, hidden = self.context * self.words.width, config["hidden_width"]
        self._norm = Norm(None, config["epsilon"], False)
        self._hidden = self.words.layer("hidden", hidden, inputs, STREAM_LIMIT)
        self._out = self.words.layer("out", self.words.width, hidden, STREAM_LIMIT)
        self._sigmoid = stored.numbers("sigmoid")

    def logits(self, window: list[int]) -> list[int]:
        """Return those of what follows the last symbols, the latest last."""
        row = [one for symbol in window for one in self.words.vector(symbol)]
        hidden = self._hidden.after(self._norm, row)
        opened = [function(self._sigmoid, value, saturates=True) for value in hidden]
        return self.words.head.of(self._out.of(opened))


class NeuralNgramLane:
    def __init__(self, model: NeuralNgram) -> None:
        self._model = model
        self._window = [model.words.start_symbol] * model.context

    def weigh(self) -> list[int]:
        return weights_of_logits(self._model.logits(self._window), self._model.words.exp2)

    def read(self, symbol: int) -> None:
        self._window = [*self._window[1:], symbol]


class RecurrentTokens:
    """Section 4."""

    def __init__(self, stored: StoredModel) -> None:
        self.words = Words(stored)
        self.size = self.words.size
        self.blocks = Recurrence(stored, self.words.width, self.words.layer)


class RecurrentLane:
    def __init__(self, model: RecurrentTokens) -> None:
        self._model = model
        self._states = model.blocks.start()
        self._last = model.words.start_symbol

    def weigh(self) -> list[int]:
        words, blocks = self._model.words, self._model.blocks
        stream = blocks.step(words.vector(self._last), self._states)
        return weights_of_logits(words.head.after(blocks.norm, stream), words.exp2)

    def read(self, symbol: int) -> None:
        self._last = symbol
