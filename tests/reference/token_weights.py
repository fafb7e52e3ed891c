"""Weights of tokens, which learn which ones come: docs/spec/language.md, section 3."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

LEAST_DISTANCE = -31_744
BIAS_LIMIT = 1 << 29
GAIN = 3 << 18


def power(distance: int) -> int:
    """Return the weight of a logit that is so far from the largest one, in units of 2**-10."""
    d = max(distance, LEAST_DISTANCE)
    r = d & 1023
    v = (82_858 * r >> 10) + 235_400
    v = (v * r >> 10) + 729_785
    v = (v * r >> 10) + (1 << 20)
    return (v << 9 >> -(d >> 10)) + 1


class Weights:
    """The weights of all tokens, by their places."""

    def __init__(self, logits: Sequence[int]) -> None:
        best = max(logits)
        self.values = [power(logit - best) for logit in logits]
        self._sums = [0, *accumulate(self.values)]

    def of(self, first: int, last: int) -> int:
        """Return W of a range."""
        return self._sums[last] - self._sums[first]


class Biases:
    """What logits of tokens have been wrong by; lanes share it."""

    def __init__(self, num_tokens: int) -> None:
        self._biases = [0] * num_tokens

    def weigh(self, logits: Sequence[int]) -> Weights:
        pairs = zip(logits, self._biases, strict=True)
        return Weights([logit + (bias >> 12) for logit, bias in pairs])

    def learn(self, weights: Weights, place: int) -> None:
        """Take in the place of the token that came, and the weights that it was foreseen with."""
        q = (3 << 50) // weights.of(0, len(weights.values))
        self._biases = [
            max(bias - (weight * q >> 32), -BIAS_LIMIT)
            for bias, weight in zip(self._biases, weights.values, strict=True)
        ]
        self._biases[place] = min(self._biases[place] + GAIN, BIAS_LIMIT)
