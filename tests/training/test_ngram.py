"""Counting and smoothing, checked against slow implementations with dictionaries and floats."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from neurocomp.errors import UsageError
from neurocomp.exact import TOTAL
from neurocomp.models.ngram import NgramModel
from neurocomp.models.ngram.counting import (
    FALLBACK,
    KATZ_LIMIT,
    count_ngrams,
    discounts,
    good_turing,
)
from neurocomp.models.ngram.training import read_symbols, train_ngram
from tests.models.texts import words

Gram = tuple[int, ...]


class Reference:
    """Modified Kneser-Ney from Chen and Goodman's equations, a document's start being a symbol."""

    def __init__(self, documents: Sequence[Sequence[int]], alphabet_size: int, order: int) -> None:
        self.alphabet_size = alphabet_size
        self.order = order
        occurrences = count(documents, order)
        before: dict[Gram, set[int]] = defaultdict(set)
        for document in documents:
            for i in range(len(document)):
                for n in range(1, min(order, len(document) - i + 1)):
                    before[tuple(document[i : i + n])].add(document[i - 1] if i else -1)
        self.counts = [
            {gram: len(before[gram]) if n < order else c for gram, c in occurrences[n].items()}
            for n in range(1, order + 1)
        ]
        self.discounts = [self._discounts(list(level.values())) for level in self.counts]

    @staticmethod
    def _discounts(counts: list[int]) -> tuple[float, ...]:
        n = [0, *(counts.count(k) for k in (1, 2, 3, 4))]
        if min(n[1:]) == 0:
            return FALLBACK
        y = n[1] / (n[1] + 2 * n[2])
        d = tuple(k - (k + 1) * y * n[k + 1] / n[k] for k in (1, 2, 3))
        return d if all(0 < one < k for k, one in enumerate(d, 1)) else FALLBACK

    def pmf(self, context: Gram) -> NDArray[np.float64]:
        context = context[max(0, len(context) - self.order + 1) :]
        lower = (
            self.pmf(context[1:])
            if context
            else np.full(self.alphabet_size, 1 / self.alphabet_size)
        )
        size = len(context) + 1
        level = {g[-1]: c for g, c in self.counts[size - 1].items() if g[:-1] == context}
        if not level:
            return lower
        total = sum(level.values())
        lost = {s: self.discounts[size - 1][min(c, 3) - 1] for s, c in level.items()}
        pmf = sum(lost.values()) / total * lower
        for symbol, c in level.items():
            pmf[symbol] += (c - lost[symbol]) / total
        return pmf


class Katz:
    """Katz's back-off from his equations, over counts in dictionaries."""

    def __init__(self, documents: Sequence[Sequence[int]], alphabet_size: int, order: int) -> None:
        self.alphabet_size, self.order = alphabet_size, order
        self.counts = count(documents, order)
        self.shares = [
            good_turing(np.asarray(list(level.values()), np.int32)) if level else np.zeros(1)
            for level in self.counts
        ]

    def alphas(self, context: Gram) -> tuple[dict[int, float], float]:
        """Return what the symbols that followed a context keep, and what is left for the others."""
        size = len(context) + 1
        level = {g[-1]: c for g, c in self.counts[size].items() if g[:-1] == context}
        total, shares = sum(level.values()), self.shares[size]
        seen = {s: c / total * (shares[c] if c <= KATZ_LIMIT else 1.0) for s, c in level.items()}
        left = 1 - sum(seen.values())
        if seen and left < 1 / (total + 1):
            seen = {s: p * (total / (total + 1)) / (1 - left) for s, p in seen.items()}
            left = 1 / (total + 1)
        return seen, left

    def pmf(self, context: Gram) -> NDArray[np.float64]:
        weights, mass = np.zeros(self.alphabet_size), 1.0
        for start in range(max(0, len(context) - self.order + 1), len(context)):
            seen, left = self.alphas(context[start:])
            if not seen:
                continue
            for symbol, probability in seen.items():
                weights[symbol] = weights[symbol] or mass * probability
            lower, _ = self.alphas(context[start + 1 :])
            rest = 1 - sum(lower[symbol] for symbol in seen)
            mass = min(mass * min(left / max(rest, 1e-9), 4.0), 4.0)
        seen, left = self.alphas(())
        for unseen in np.flatnonzero(weights == 0):
            weights[unseen] = mass * (seen.get(int(unseen), 0.0) + left / self.alphabet_size)
        pmf: NDArray[np.float64] = weights / weights.sum()
        return pmf


def count(documents: Sequence[Sequence[int]], order: int) -> list[Counter[Gram]]:
    """Return the counts of n-grams, by n from 0 (unused) to ``order``."""
    counts: list[Counter[Gram]] = [Counter() for _ in range(order + 1)]
    for document in documents:
        for n in range(1, order + 1):
            for i in range(len(document) - n + 1):
                counts[n][tuple(document[i : i + n])] += 1
    return counts


def pmf_after(model: NgramModel, context: Sequence[int]) -> NDArray[np.float64]:
    predictor = model.predictor(1)
    for symbol in context:
        predictor.update(np.asarray([symbol], np.int32))
    pmf: NDArray[np.float64] = predictor.frequencies()[0] / TOTAL
    return pmf


def bits_per_symbol(model: NgramModel, text: NDArray[np.int32]) -> float:
    predictor = model.predictor(1)
    bits = 0.0
    for symbol in text:
        bits -= float(np.log2(predictor.frequencies()[0, symbol] / TOTAL))
        predictor.update(np.asarray([symbol], np.int32))
    return bits / text.size


@given(
    st.lists(st.lists(st.integers(0, 3), min_size=1, max_size=12), min_size=1, max_size=6),
    st.integers(1, 6),
)
def test_counting(documents: list[list[int]], order: int) -> None:
    symbols = np.concatenate(documents).astype(np.int32)
    sizes = np.asarray([len(document) for document in documents])
    levels = count_ngrams(symbols, np.cumsum(sizes) - sizes, order)
    expected = count(documents, order)
    grams: list[Gram] = [()]
    for n, level in enumerate(levels, start=1):
        shorter = grams
        grams = [
            (*grams[parent], int(symbol))
            for parent, symbol in zip(level.parents, level.symbols, strict=True)
        ]
        assert dict(zip(grams, level.counts.tolist(), strict=True)) == expected[n]
        assert grams == sorted(grams)
        if n > 1:
            suffixes = [shorter[suffix] for suffix in level.suffixes]
            assert suffixes == [gram[1:] for gram in grams]
        if n == order:
            np.testing.assert_array_equal(level.continuations, level.counts)
            continue
        for gram, continuations in zip(grams, level.continuations, strict=True):
            before = {
                document[i - 1] if i else -1
                for document in documents
                for i in range(len(document) - n + 1)
                if tuple(document[i : i + n]) == gram
            }
            assert continuations == len(before)


@pytest.mark.parametrize("order", [1, 2, 3, 4])
@pytest.mark.parametrize("alphabet_size", [12, 300])
def test_kneser_ney_is_the_published_one(alphabet_size: int, order: int) -> None:
    text = words(2500, alphabet_size, 1)
    documents = [text[:1000], text[1000:1003], text[1003:]]
    model = train_ngram(documents, alphabet_size, order)
    reference = Reference([document.tolist() for document in documents], alphabet_size, order)
    contexts: list[Gram] = [(), (0,), (alphabet_size - 1, alphabet_size - 2, 3)]
    contexts += [tuple(text[i : i + order - 1].tolist()) for i in range(0, 400, 20)]
    for context in contexts:
        expected = reference.pmf(context)
        assert expected.sum() == pytest.approx(1)
        # Frequencies have a floor of 2**-24, alphas and gammas are coded in 8 bits.
        np.testing.assert_allclose(pmf_after(model, context), expected, rtol=0.05, atol=2**-23)
        divergence = float((expected * np.log2(expected / pmf_after(model, context))).sum())
        assert divergence < 0.001


@pytest.mark.parametrize("order", [1, 2, 3, 4])
@pytest.mark.parametrize("alphabet_size", [12, 300])
def test_katz_is_the_published_one(alphabet_size: int, order: int) -> None:
    text = words(2500, alphabet_size, 1)
    documents = [text[:1000], text[1000:1003], text[1003:]]
    model = train_ngram(documents, alphabet_size, order, "katz")
    reference = Katz([document.tolist() for document in documents], alphabet_size, order)
    contexts: list[Gram] = [(), (0,), (alphabet_size - 1, alphabet_size - 2, 3)]
    contexts += [tuple(text[i : i + order - 1].tolist()) for i in range(0, 400, 20)]
    for context in contexts:
        expected = reference.pmf(context)
        assert expected.sum() == pytest.approx(1)
        np.testing.assert_allclose(pmf_after(model, context), expected, rtol=0.08, atol=2**-22)


def test_katz_keeps_what_good_turing_says_of_a_count() -> None:
    numbers = (1000, 400, 220, 140, 100, 75)
    counts = np.repeat(np.arange(1, 7), numbers).astype(np.int32)
    common = 6 * 75 / 1000
    expected = [
        ((r + 1) * numbers[r] / (r * numbers[r - 1]) - common) / (1 - common) for r in range(1, 6)
    ]
    assert good_turing(counts).tolist() == pytest.approx([0.0, *expected])


@pytest.mark.parametrize("smoothing", ["kneser-ney", "katz"])
def test_longer_contexts_and_smoothing_pay_on_unseen_text(smoothing: str) -> None:
    """No order is worse than a shorter one by more than noise, and none worse than uniform."""
    text, unseen = words(20_000, 256, 1), words(3000, 256, 2)
    bits = [
        bits_per_symbol(train_ngram(text, 256, order, smoothing), unseen) for order in (1, 2, 5)
    ]
    assert 8 > bits[0] > bits[1]
    assert bits[2] < 1.03 * bits[1]


def test_kneser_ney_beats_katz_on_unseen_text() -> None:
    text, unseen = words(20_000, 256, 1), words(3000, 256, 2)
    smoothed = bits_per_symbol(train_ngram(text, 256, 5), unseen)
    assert smoothed < bits_per_symbol(train_ngram(text, 256, 5, "katz"), unseen)
    assert smoothed < bits_per_symbol(train_ngram(text, 256, 2), unseen)


def test_pruning_makes_models_smaller_and_keeps_them_whole() -> None:
    text, unseen = words(20_000, 256, 1), words(3000, 256, 2)
    whole = train_ngram(text, 256, 5)
    pruned = train_ngram(text, 256, 5, min_count=[1, 1, 1, 2, 3])
    assert pruned.symbols.size < 0.7 * whole.symbols.size
    assert bits_per_symbol(pruned, unseen) < 1.1 * bits_per_symbol(whole, unseen)
    assert train_ngram(text, 256, 5, "katz", min_count=10**6).predictor(1).frequencies().any()


def test_discounts_fall_back_where_counts_of_counts_say_nothing() -> None:
    assert discounts(np.asarray([1, 1, 2, 3], np.int32)) == FALLBACK
    assert discounts(np.asarray([*[1] * 10, 2, 3, 4], np.int32)) == FALLBACK
    estimated = discounts(np.repeat([1, 2, 3, 4], [100, 40, 20, 12]).astype(np.int32))
    y = 100 / 180
    assert estimated == pytest.approx((1 - 2 * y * 0.4, 2 - 3 * y * 0.5, 3 - 4 * y * 0.6))


def test_one_array_is_one_document() -> None:
    text = words(500, 50, 1)
    assert train_ngram(text, 50, 3).identity == train_ngram(iter([text]), 50, 3).identity
    halves = [text[:250], text[:0], text[250:]]
    assert train_ngram(halves, 50, 3).identity != train_ngram(text, 50, 3).identity


def test_documents_shorter_than_the_order() -> None:
    model = train_ngram([np.asarray([3]), np.asarray([1, 2])], 4, 6)
    assert pmf_after(model, [1])[2] > 0.3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"order": 0}, "order is 0"),
        ({"order": 7}, "order is 7"),
        ({"alphabet_size": 0}, "alphabet has 0"),
        ({"alphabet_size": 60_001}, "alphabet has 60001"),
        ({"alphabet_size": 3}, r"outside 0\.\.2"),
        ({"smoothing": "none"}, "smoothing is 'none'"),
        ({"min_count": 0}, "min_count is 0"),
        ({"min_count": [1, 2]}, "min_count is"),
        ({"min_count": [1, 3, 2]}, "min_count is"),
        ({"min_count": [2, 2, 2]}, "min_count is"),
        ({"documents": []}, "0 symbols"),
        ({"documents": [np.zeros(3)]}, "float64"),
        ({"documents": np.zeros((3, 3), np.int32)}, "one axis"),
        ({"documents": np.asarray([-1, 2])}, "outside"),
    ],
)
def test_bad_arguments_are_named(arguments: dict[str, Any], message: str) -> None:
    good: dict[str, Any] = {"documents": np.arange(4), "alphabet_size": 4, "order": 3}
    with pytest.raises(UsageError, match=message):
        train_ngram(**{**good, **arguments})


def test_files_of_bytes_and_of_wide_symbols(tmp_path: Path) -> None:
    path = tmp_path / "tokens"
    path.write_bytes(np.array([5, 300, 7], "<u2").tobytes())
    documents, alphabet_size = read_symbols([path], is_wide=True)
    assert ([one.tolist() for one in documents], alphabet_size) == ([[5, 300, 7]], 301)
    assert read_symbols([path], is_wide=True, alphabet_size=5000)[1] == 5000
    path.write_bytes(b"abc")
    documents, alphabet_size = read_symbols([path])
    assert ([one.tolist() for one in documents], alphabet_size) == ([[97, 98, 99]], 256)
    with pytest.raises(UsageError, match="a document of 3 bytes is not one of 16-bit integers"):
        read_symbols([path], is_wide=True)
    with pytest.raises(UsageError, match="needs no 16 bits: choose 257 or more"):
        read_symbols([path], is_wide=True, alphabet_size=256)
