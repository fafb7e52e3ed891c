"""The n-gram model: docs/spec/ngram.md."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from tests.reference.coders import need
from tests.reference.stored import StoredModel

ONE = 1 << 30


class Ngram:
    """Section 1.

    Attributes:
        size, order: V and n.
        children: of each inner node, by their last symbols.
    """

    def __init__(self, stored: StoredModel) -> None:
        self.size: int = stored.config["alphabet_size"]
        self.order: int = stored.config["order"]
        self.is_smooth = stored.config["smoothing"] == "kneser-ney"
        need(self.is_smooth or stored.config["smoothing"] == "backoff", "smoothing is unknown")
        symbols = stored.numbers("symbols")
        node, self.children = 1, list[dict[int, int]]()
        for number in stored.numbers("child_counts"):
            siblings = symbols[node : node + number]
            need(len(siblings) == number, "a node has children that aren't there")
            need(all(one < other for one, other in pairwise(siblings)), "symbols don't rise")
            need(all(one < self.size for one in siblings), "a symbol is not of the alphabet")
            self.children.append({one: node + i for i, one in enumerate(siblings)})
            node += number
        need(node == len(symbols), "nodes are left over")
        if not self.is_smooth:
            self._counts = stored.numbers("counts")
            return
        self._base = stored.numbers("base")
        self._alphas, self._gammas = stored.numbers("alphas"), stored.numbers("gammas")
        self._alpha_books = stored.numbers("alpha_books")
        self._gamma_books = stored.numbers("gamma_books")
        self._first_alpha = 1 + len(self.children[0])
        need(all(0 <= one <= ONE for one in (*self._base, *self._alpha_books)), "a value is none")

    def start(self) -> list[int | None]:
        return [0, *[None] * (self.order - 1)]

    def advance(self, contexts: list[int | None], symbol: int) -> None:
        """Section 2."""
        for k in range(self.order - 1, 0, -1):
            shorter = contexts[k - 1]
            contexts[k] = None if shorter is None else self.children[shorter].get(symbol)

    def weigh(self, contexts: Sequence[int | None]) -> list[int]:
        """Section 3."""
        if not self.is_smooth:
            return self._counted(contexts)
        weights, mass = [1] * self.size, ONE
        for k, context in self._longest_first(contexts):
            if k == 0:
                break
            for symbol, child in self.children[context].items():
                alpha = self._alpha_books[256 * (k - 1) + self._alphas[child - self._first_alpha]]
                weights[symbol] += mass * alpha >> 25
            mass = mass * self._gamma_books[256 * (k - 1) + self._gammas[context - 1]] >> 30
        return [one + (mass * base >> 25) for one, base in zip(weights, self._base, strict=True)]

    def _counted(self, contexts: Sequence[int | None]) -> list[int]:
        weights = [0] * self.size
        for _, context in self._longest_first(contexts):
            if self.children[context]:
                for symbol, child in self.children[context].items():
                    weights[symbol] = self._counts[child]
                break
        return weights

    @staticmethod
    def _longest_first(contexts: Sequence[int | None]) -> Iterator[tuple[int, int]]:
        for k in range(len(contexts) - 1, -1, -1):
            context = contexts[k]
            if context is not None:
                yield k, context
