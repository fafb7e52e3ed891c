"""Modified Kneser-Ney smoothing of counted n-grams.

S. F. Chen and J. Goodman, "An Empirical Study of Smoothing Techniques for Language Modeling",
Harvard TR-10-98 (1998), section 3 and equation 26.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurocomp.training.ngram.counting import Level

FALLBACK = (0.5, 1.0, 1.5)
"""Discounts where the counts of counts cannot give any."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Smoothed:
    """Probabilities of one level's n-grams.

    Attributes:
        alphas: what the n-gram's last symbol keeps after its prefix, shape (n-grams,).
        gammas: what each n-gram of the level below leaves to shorter contexts, (prefixes,).
    """

    alphas: Floats
    gammas: Floats


def discounts(counts: NDArray[np.int32]) -> tuple[float, float, float]:
    """Return what counts of 1, 2, and 3 or more lose, estimated from how many counts are 1 to 4.

    When one of those numbers is zero, or gives a discount outside (0, count), as happens with
    small alphabets, FALLBACK is returned.
    """
    n1, n2, n3, n4 = (int(np.count_nonzero(counts == k)) for k in (1, 2, 3, 4))
    if 0 in (n1, n2, n3, n4):
        return FALLBACK
    y = n1 / (n1 + 2 * n2)
    estimates = (1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3)
    if not all(0 < value < k for k, value in enumerate(estimates, start=1)):
        return FALLBACK
    return estimates


def smooth(level: Level, kept: NDArray[np.bool_], num_prefixes: int) -> Smoothed:
    """Return the discounted probabilities of ``level``.

    Args:
        level: counted n-grams.
        kept: which of them the model stores; what the others would have goes to their prefix's
            gamma, so that probabilities still sum to one.
        num_prefixes: number of n-grams on the level below.
    """
    counts = level.continuations
    loss = np.asarray((0.0, *discounts(counts)))[np.minimum(counts, 3)]
    totals = np.bincount(level.parents, counts, num_prefixes)
    alphas = (counts - loss) / totals[level.parents]
    retained = np.bincount(level.parents[kept], alphas[kept], num_prefixes)
    return Smoothed(alphas.astype(np.float64), (1.0 - retained).astype(np.float64))
