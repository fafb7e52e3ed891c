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
from numpy.typing import NDArray

from neurocomp import _core
from neurocomp.errors import FormatError

VALUE_BITS = 30
ONE = 1 << VALUE_BITS
NUM_CODES = 256

# A symbol's weight sums at most 6 terms of 2**35 (one an order), which is below WEIGHT_LIMIT.
MAX_ORDER = 6

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

    def bind(self, trie: _core.ngram.Trie) -> _core.ngram.KneserNey:
        """Return what predicts by these probabilities and the nodes of ``trie``."""
        parts = (self.alphas, self.gammas, self.alpha_books, self.gamma_books, self.base)
        return _core.ngram.KneserNey(trie, *parts)


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
