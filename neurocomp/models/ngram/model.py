"""The n-gram model: a trie of n-grams under one of two smoothings, as a symbol model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurocomp import _core
from neurocomp.errors import FormatError, UnsupportedError
from neurocomp.exact import Frequencies, Symbols
from neurocomp.frame.constants import MAX_CHOSEN_LANES
from neurocomp.models.ngram.backoff import Backoff
from neurocomp.models.ngram.kneser_ney import MAX_ORDER, KneserNey
from neurocomp.models.ngram.trie import check_symbols, empty_contexts, starts_of
from neurocomp.models.stored import StoredModel
from neurocomp.models.tokens import StoredTokenModel

ARCHITECTURE = "ngram"
SMOOTHINGS = ("kneser-ney", "backoff")
MAX_ALPHABET_SIZE = 60_000

MIN_LANE_SYMBOLS = 8192
"""A lane starts without context, which costs it some 20 bits: a long lane does not notice."""


class NgramPredictor:
    """Each lane's contexts in the trie of a model; lanes don't influence each other."""

    def __init__(self, model: NgramModel, num_lanes: int) -> None:
        self._trie, self._smoothing = model.trie, model.predictions
        self._contexts = empty_contexts(num_lanes, model.order)
        self._out = np.empty((num_lanes, model.alphabet_size), np.int32)

    def frequencies(self) -> Frequencies:
        """Return the tables of all lanes, int32 (lanes, V)."""
        self._smoothing.predict(self._contexts, self._out)
        return self._out

    def update(self, symbols: Symbols) -> None:
        """Append the next ``symbols``, int32 (lanes,), to the contexts."""
        self._trie.advance(self._contexts, np.ascontiguousarray(symbols, np.int32))


class NgramModel(StoredTokenModel):
    """Predicts a symbol from the last order - 1 ones by what a training text held.

    At the start of a block, and wherever a long context was never seen, shorter ones are used.

    Attributes:
        order: length of the longest n-grams, 1 to 6.
        smoothing: how counts become probabilities.
        symbols: last symbol of each node of the trie, (nodes,).
        starts: where the children of each inner node begin, (inner nodes + 1,).
        trie: the same, as the core walks it.
        predictions: the smoothing on that trie.
    """

    has_independent_lanes = True

    def __init__(self, stored: StoredModel) -> None:
        """Check and take a model's parts; ``from_stored`` says which errors that raises.

        Args:
            stored: its configuration has "alphabet_size", "order", "smoothing" ("kneser-ney" or
                "backoff"), and what the trainer wants to remember; its tensors are "symbols" and
                "child_counts" of the trie, those of the smoothing, and perhaps "tokenizer".
        """
        config, tensors = stored.config, stored.tensors
        alphabet_size, order = config.get("alphabet_size"), config.get("order")
        if type(order) is not int or not 1 <= order <= MAX_ORDER:
            raise FormatError(f"the order of the n-gram model is {order!r}, not 1 to {MAX_ORDER}")
        if type(alphabet_size) is not int or not 1 <= alphabet_size <= MAX_ALPHABET_SIZE:
            raise FormatError(
                f"the alphabet of the n-gram model has {alphabet_size!r} symbols, "
                f"not 1 to {MAX_ALPHABET_SIZE}"
            )
        self._stored = stored
        self._alphabet_size = alphabet_size
        self.order = order
        self.symbols = _unsigned(tensors, "symbols")
        num_nodes = self.symbols.shape[0]
        self.starts, levels = starts_of(_unsigned(tensors, "child_counts"), num_nodes, order)
        check_symbols(self.symbols, self.starts, alphabet_size)
        self.smoothing: KneserNey | Backoff
        if config.get("smoothing") == "kneser-ney":
            self.smoothing = KneserNey(tensors, alphabet_size, order, levels)
        elif config.get("smoothing") == "backoff":
            self.smoothing = Backoff(tensors, num_nodes)
        else:
            raise UnsupportedError(
                f"the n-gram model is smoothed by {config.get('smoothing')!r}, this neurocomp "
                f"knows {' and '.join(SMOOTHINGS)}: install a newer one (pip install -U neurocomp)"
            )
        self.trie = _core.ngram.Trie(self.starts, self.symbols, alphabet_size)
        self.predictions = self.smoothing.bind(self.trie)

    @classmethod
    def from_stored(cls, stored: StoredModel) -> NgramModel:
        """Return the model that ``stored`` holds.

        Raises:
            FormatError: it is of another architecture, a value is out of its range, or the parts
                don't fit together.
            UnsupportedError: the smoothing is unknown.
        """
        if stored.architecture != ARCHITECTURE:
            raise FormatError(f"a model of architecture {stored.architecture!r} is no n-gram model")
        return cls(stored)

    def to_stored(self) -> StoredModel:
        """Return the model as integers to hash and write."""
        return self._stored

    @property
    def alphabet_size(self) -> int:
        """Number of different symbols, V."""
        return self._alphabet_size

    def predictor(self, num_lanes: int) -> NgramPredictor:
        """Return a predictor whose lanes all have empty contexts."""
        return NgramPredictor(self, num_lanes)

    def num_lanes(self, num_symbols: int) -> int:
        """Return 1 lane for each 8192 symbols, at least 1 and at most 64."""
        return min(max(num_symbols // MIN_LANE_SYMBOLS, 1), MAX_CHOSEN_LANES)


def _unsigned(tensors: Mapping[str, NDArray[Any]], name: str) -> NDArray[Any]:
    tensor = tensors.get(name)
    if tensor is None or tensor.ndim != 1 or tensor.dtype not in (np.uint8, np.uint16):
        raise FormatError(f"tensor {name!r} of the n-gram model is missing or of a wrong type")
    return tensor
