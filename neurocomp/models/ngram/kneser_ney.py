"""Interpolated probabilities of a trie, in integers.

P(s | h) = alpha(hs) + gamma(h) * P(s | h'), where h' is h without its first symbol; a context that
was never seen has gamma = 1 and no alpha.  Which alpha and gamma make this modified Kneser-Ney is
the trainer's business; here they are 8-bit codes, and a code book for each depth gives their
values in units of 2**-30.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from neurocomp.errors import FormatError
from neurocomp.exact import Frequencies, Weights
from neurocomp.exact.rows import quantise_row
from neurocomp.models.ngram.trie import LaneContexts, NodeSymbols, Starts

VALUE_BITS = 30
ONE = 1 << VALUE_BITS
NUM_CODES = 256

# A symbol's weight sums at most 6 terms of 2**35 (one an order), which is below WEIGHT_LIMIT.
MAX_ORDER = 6
_SHIFT = 25

Codes = NDArray[np.uint8]
Values = NDArray[np.int32]
"""Probabilities in units of 2**-30."""


class KneserNey:
    """The probabilities of one model.

    Attributes:
        alphas: codes of the nodes of depth 2 and more.
        gammas: codes of the inner nodes but the root.
        alpha_books: shape (order - 1, 256), values of the codes at depth 2, 3, ...
        gamma_books: shape (order - 1, 256), values of the codes at depth 1, 2, ...
        base: shape (V,), the probabilities after no context at all.
        first_alpha: the node of the first alpha.
    """

    def __init__(
        self, tensors: Mapping[str, NDArray[Any]], alphabet_size: int, order: int, levels: list[int]
    ) -> None:
        """Check and take the tensors of a stored model.

        Args:
            tensors: those of the attributes, under their names.
            alphabet_size: V.
            order: length of the longest n-grams.
            levels: the first node of each depth.

        Raises:
            FormatError: a tensor has another shape or type than the trie needs, or a value is
                not in 0..1.
        """
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

    def predict(
        self,
        starts: Starts,
        symbols: NodeSymbols,
        contexts: LaneContexts,
        weights: Weights,
        out: Frequencies,
    ) -> None:
        """Write the tables of all lanes to ``out`` (lanes, V); ``weights`` (V,) is scratch."""
        _predict(
            starts,
            symbols,
            contexts,
            self.alphas,
            self.first_alpha,
            self.gammas,
            self.alpha_books,
            self.gamma_books,
            self.base,
            weights,
            out,
        )


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


@njit(cache=True, nogil=True)
def _predict(
    starts: Starts,
    symbols: NodeSymbols,
    contexts: LaneContexts,
    alphas: Codes,
    first_alpha: int,
    gammas: Codes,
    alpha_books: Values,
    gamma_books: Values,
    base: Values,
    weights: Weights,
    out: Frequencies,
) -> None:
    for lane in range(contexts.shape[0]):
        weights[:] = 1
        mass = np.int64(ONE)  # the product of the gammas of the longer contexts
        for length in range(contexts.shape[1] - 1, 0, -1):
            context = contexts[lane, length]
            if context < 0:
                continue
            book = alpha_books[length - 1]
            for child in range(starts[context], starts[context + 1]):
                alpha = np.int64(book[alphas[child - first_alpha]])
                weights[symbols[child]] += mass * alpha >> _SHIFT
            mass = mass * np.int64(gamma_books[length - 1, gammas[context - 1]]) >> VALUE_BITS
        for symbol in range(base.shape[0]):
            weights[symbol] += mass * base[symbol] >> _SHIFT
        quantise_row(weights, out[lane])
