"""A softmax over a sample of the symbols, which makes training on a large vocabulary cheap.

The logits of about 50,000 symbols are most of the work of a small network.  Here each symbol is
drawn with a known probability, the frequent ones always, and counts by the reciprocal of that
probability: the sum that normalises a prediction keeps its expectation (Horvitz & Thompson 1952;
for language models: Jean et al. 2015, "On using very large target vocabulary for neural machine
translation").
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

_POWER = 0.5
_BISECTIONS = 200


@dataclass(frozen=True)
class Sample:
    """Symbols that the logits of one micro-batch are computed for.

    Attributes:
        symbols: those drawn and all targets, ascending, shape (C,), int64.
        offsets: addends of the logits of each, shape (C,), float32: -ln of its probability of being
            drawn; -inf where it is here as a target only.
        places: positions of the targets in ``symbols``, shape (N,), int64.
    """

    symbols: Tensor
    offsets: Tensor
    places: Tensor


class SymbolSampler:
    """Draws symbols independently, with a probability that grows with the root of their count.

    Args:
        counts: number of times that each symbol occurs in the training data, shape (V,).
        size: number of symbols that are drawn on average, above 0 and below V.
        device: device of the samples.
    """

    def __init__(self, counts: NDArray[np.int64], size: int, device: torch.device) -> None:
        chances = torch.from_numpy(_chances(counts, size)).float()
        self._chances = chances.to(device)
        self._offsets = -self._chances.log()

    def draw(self, targets: Tensor) -> Sample:
        """Draw by torch's generator.

        Args:
            targets: symbols that are to be predicted, shape (N,), int64.
        """
        drawn = torch.rand_like(self._chances) < self._chances
        used = drawn.clone()
        used[targets] = True
        symbols = used.nonzero()[:, 0]
        offsets = self._offsets.masked_fill(~drawn, -math.inf)[symbols]
        return Sample(symbols, offsets, (used.cumsum(0) - 1)[targets])


def _chances(counts: NDArray[np.int64], size: int) -> NDArray[np.float64]:
    """Return min(1, c (count + 1)^(1/2)) with c such that they add up to ``size``."""
    weights = (counts + 1.0) ** _POWER
    low, high = 0.0, 1.0  # the lightest weighs at least 1: at a factor of 1 all are certain
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        if np.minimum(1, middle * weights).sum() < size:
            low = middle
        else:
            high = middle
    chances: NDArray[np.float64] = np.minimum(1, high * weights)
    return chances


def sampled_cross_entropy(logits: Tensor, sample: Sample) -> Tensor:
    """Return an estimate of the mean cross entropy over all symbols in nats, a scalar.

    Each prediction is normalised over its own target and what was drawn besides.

    Args:
        logits: those of ``sample.symbols``, shape (N, C).
        sample: sample for the N targets.
    """
    own = sample.places[:, None]
    weighed = logits + sample.offsets
    weighed = weighed.scatter(1, own, logits.gather(1, own).to(weighed.dtype))
    return functional.cross_entropy(weighed, sample.places)


def project(
    features: Tensor, vectors: Tensor, bias: Tensor | None, symbols: Tensor | None
) -> Tensor:
    """Return the logits of an output layer that has a vector, and perhaps a bias, for each symbol.

    Args:
        features: shape (..., d).
        vectors: shape (V, d).
        bias: shape (V,).
        symbols: those whose logits are wanted, shape (C,), int64; None for all V.

    Returns:
        Shape (..., C).
    """
    if symbols is not None:
        vectors = vectors.index_select(0, symbols)
        bias = None if bias is None else bias.index_select(0, symbols)
    return functional.linear(features, vectors, bias)
