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
        self.backs_off = stored.config["smoothing"] == "katz"
        need(self.backs_off or stored.config["smoothing"] == "kneser-ney", "smoothing is unknown")
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
        weights, mass = [0 if self.backs_off else 1] * self.size, ONE
        for k, context in self._longest_first(contexts):
            if k == 0:
                break
            for symbol, child in self.children[context].items():
                alpha = self._alpha_books[256 * (k - 1) + self._alphas[child - self._first_alpha]]
                if not self.backs_off:
                    weights[symbol] += mass * alpha >> 25
                elif weights[symbol] == 0:
                    weights[symbol] = (mass * alpha >> 25) + 1
            mass = mass * self._gamma_books[256 * (k - 1) + self._gammas[context - 1]]
            mass = min(mass >> 28, 1 << 32) if self.backs_off else mass >> 30
        shares = [mass * base >> 25 for base in self._base]
        if self.backs_off:
            return [one or share + 1 for one, share in zip(weights, shares, strict=True)]
        return [one + share for one, share in zip(weights, shares, strict=True)]

    @staticmethod
    def _longest_first(contexts: Sequence[int | None]) -> Iterator[tuple[int, int]]:
        for k in range(len(contexts) - 1, -1, -1):
            context = contexts[k]
            if context is not None:
                yield k, context


class NgramLane:
    """A lane of a block, which knows nothing of others."""

    def __init__(self, model: Ngram) -> None:
        self._model, self._contexts = model, model.start()

    def weigh(self) -> list[int]:
        return self._model.weigh(self._contexts)

    def read(self, symbol: int) -> None:
        self._model.advance(self._contexts, symbol)
