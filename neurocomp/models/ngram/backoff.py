"""Plain counts with back-off: the longest context that was seen decides alone.

The weight of a symbol is how often it followed that context in the training data.  A symbol that
never did has weight 0, hence the smallest frequency of the table.  There is no discount and no
interpolation: this is the baseline that smoothing is measured against.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurocomp import _core
from neurocomp.errors import FormatError

Counts = NDArray[np.uint32]


class Backoff:
    """The counts of one model.

    Attributes:
        counts: shape (nodes,), how often each n-gram occurred, below 2**32; the root's is unused.
    """

    def __init__(self, tensors: Mapping[str, NDArray[Any]], num_nodes: int) -> None:
        """Check and take the counts of a stored model, which may be of a narrower type.

        Raises:
            FormatError: they have another shape or a signed type, or one is 0.
        """
        counts = tensors.get("counts")
        if counts is None or counts.dtype.kind != "u" or counts.dtype.itemsize > 4:
            raise FormatError("tensor 'counts' of the n-gram model is missing or of a wrong type")
        if counts.shape != (num_nodes,) or num_nodes < 2 or not counts[1:].all():
            raise FormatError("tensor 'counts' of the n-gram model is damaged")
        self.counts: Counts = counts.astype(np.uint32)

    def bind(self, trie: _core.ngram.Trie) -> _core.ngram.Backoff:
        """Return what predicts by these counts and the nodes of ``trie``."""
        return _core.ngram.Backoff(trie, self.counts)
