"""The n-gram model: a trie of n-grams under one of two smoothings, as a symbol model.

Interpolated probabilities are P(s | h) = alpha(hs) + gamma(h) * P(s | h'), where h' is h without
its first symbol; a context that was never seen has gamma = 1 and no alpha.  With back-off
P(s | h) is alpha(hs) where hs was seen, else gamma(h) * P(s | h').  Which alpha and gamma make
these modified Kneser-Ney and Katz's back-off is the trainer's business; here they are 8-bit codes,
and a code book for each depth gives their values in units of 2**-30, of gammas of back-off 2**-28.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurocomp import _core
from neurocomp.codec.contract import Predictor
from neurocomp.errors import FormatError, UnsupportedError
from neurocomp.exact import Frequencies, Symbols
from neurocomp.frame.constants import MAX_CHOSEN_LANES
from neurocomp.models.common.tokens import StoredTokenModel
from neurocomp.models.ngram.trie import check_symbols, empty_contexts, starts_of
from neurocomp.store.stored import StoredModel

VALUE_BITS = 30
ONE = 1 << VALUE_BITS
NUM_CODES = 256

# A symbol's weight sums at most 6 terms of 2**35 (one an order), which is below WEIGHT_LIMIT.
MAX_ORDER = 6

Codes = NDArray[np.uint8]
Values = NDArray[np.int32]
"""Probabilities in units of 2**-30."""


class Probabilities:
    """The probabilities of one model.

    Attributes:
        backs_off: whether alphas stand alone, and shorter contexts count for what has none.
        alphas: codes of the nodes of depth 2 and more.
        gammas: codes of the inner nodes but the root.
        alpha_books: shape (order - 1, 256), values of the codes at depth 2, 3, ...
        gamma_books: shape (order - 1, 256), values of the codes at depth 1, 2, ...
        base: shape (V,), the probabilities after no context at all.
        first_alpha: the node of the first alpha.
    """

    def __init__(
        self,
        tensors: Mapping[str, NDArray[Any]],
        alphabet_size: int,
        levels: list[int],
        *,
        backs_off: bool,
    ) -> None:
        """Check and take the tensors of a stored model.

        Args:
            tensors: tensors of the attributes, under their names.
            alphabet_size: V.
            levels: the first node of each depth, from 0 to the order + 1.
            backs_off: value of that attribute.

        Raises:
            FormatError: a tensor has another shape or type than the trie needs, or a value is
                not in 0..1.
        """
        self.backs_off = backs_off
        order = len(levels) - 2
        self.first_alpha = levels[2]
        self.alphas: Codes = _tensor(tensors, "alphas", np.uint8, (levels[order + 1] - levels[2],))
        self.gammas: Codes = _tensor(tensors, "gammas", np.uint8, (levels[order] - 1,))
        books = (order - 1, NUM_CODES)
        self.alpha_books: Values = _tensor(tensors, "alpha_books", np.int32, books)
        self.gamma_books: Values = _tensor(tensors, "gamma_books", np.int32, books)
        self.base: Values = _tensor(tensors, "base", np.int32, (alphabet_size,))
        for name in ("alpha_books", "gamma_books", "base"):
            values = tensors[name]
            if values.size and (int(values.min()) < 0 or int(values.max()) > ONE):
                raise FormatError(f"the {name} of the n-gram model are not probabilities")

    def bind(self, trie: _core.ngram.Trie) -> _core.ngram.Probabilities:
        """Return the predictor of these probabilities and the nodes of ``trie``."""
        parts = (self.alphas, self.gammas, self.alpha_books, self.gamma_books, self.base)
        return _core.ngram.Probabilities(trie, *parts, self.backs_off)


def _tensor(
    tensors: Mapping[str, NDArray[Any]], name: str, dtype: type, shape: tuple[int, ...]
) -> NDArray[Any]:
    tensor = tensors.get(name)
    if tensor is None or tensor.dtype != dtype or tensor.shape != shape:
        found = "missing" if tensor is None else f"{tensor.dtype} {tensor.shape}"
        raise FormatError(
            f"tensor {name!r} of the n-gram model is {found}, not {np.dtype(dtype)} {shape}"
        )
    return tensor


ARCHITECTURE = "ngram"
SMOOTHINGS = ("kneser-ney", "katz")
MAX_ALPHABET_SIZE = 60_000

MIN_LANE_SYMBOLS = 8192
"""A lane starts without context, which costs it about 20 bits: a long lane does not notice."""


class NgramPredictor(Predictor):
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
        smoothing: method that makes probabilities of counts.
        symbols: last symbol of each node of the trie, (nodes,).
        starts: first child of each inner node, and the number of all nodes, (inner nodes + 1,).
        trie: the trie, as the core walks it.
        predictions: the smoothed probabilities on that trie.
    """

    has_independent_lanes = True

    def __init__(self, stored: StoredModel) -> None:
        """Check and take a model's parts; ``from_stored`` says which errors that raises.

        Args:
            stored: its configuration has "alphabet_size", "order", "smoothing" ("kneser-ney" or
                "katz"), and what the trainer wants to remember; its tensors are "symbols" and
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
        smoothing = config.get("smoothing")
        if smoothing not in SMOOTHINGS:
            raise UnsupportedError(
                f"the n-gram model is smoothed by {smoothing!r}, this neurocomp knows "
                f"{' and '.join(SMOOTHINGS)}: train it again, or install a newer neurocomp "
                "(pip install -U neurocomp)"
            )
        self.smoothing = Probabilities(
            tensors, alphabet_size, levels, backs_off=smoothing == "katz"
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
            raise FormatError(
                f"a model of architecture {stored.architecture!r} is not an n-gram model"
            )
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
