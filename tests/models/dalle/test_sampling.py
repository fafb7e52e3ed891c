"""The same seed gives the same codes on any machine."""

from __future__ import annotations

import numpy as np
import pytest

from neurocomp.errors import UsageError
from neurocomp.exact.tables import exp2_table
from neurocomp.models.dalle import DalleModel
from neurocomp.models.dalle.likelihood import caption_bits, caption_scores, image_bits
from neurocomp.models.dalle.sampling import SamplingOptions, draw, sample_grids, splitmix64, word
from tests.models.dalle.blocks import PLACES, blocks

CAPTIONS = ["a red", "blue", ""]

EXPECTED: dict[str, tuple[SamplingOptions, list[str]]] = {
    "plain": (
        SamplingOptions(seed=1),
        [
            "3 3 25 7 31 31 21 3 25 13 31 1 30 31 1 13",
            "3 3 3 34 23 1 3 13 22 25 12 25 1 12 32 6",
            "3 3 30 30 39 31 2 1 31 31 3 12 1 31 19 30",
        ],
    ),
    "greedy": (
        SamplingOptions(temperature=0),
        [
            "3 31 25 13 1 1 32 25 13 25 1 37 25 13 21 21",
            "3 3 3 10 27 6 7 3 3 10 7 3 3 3 3 3",
            "3 31 3 3 31 3 31 3 31 3 31 3 31 25 13 31",
        ],
    ),
    "guided": (
        SamplingOptions(seed=2, temperature=0.7, guidance=3.5),
        [
            "21 32 32 12 21 27 21 32 12 21 37 13 6 38 7 19",
            "39 27 1 7 1 13 32 12 12 26 39 12 12 12 12 12",
            "3 3 2 3 31 3 31 3 31 3 31 3 31 25 36 31",
        ],
    ),
    "few": (
        SamplingOptions(seed=(1 << 64) - 1, temperature=1.25, top_k=8, top_p=0.9),
        [
            "3 6 25 6 25 13 37 11 6 34 29 6 38 15 13 21",
            "3 3 3 10 8 34 3 37 32 1 7 7 30 25 1 31",
            "3 3 30 30 25 31 31 31 3 31 3 1 31 13 31 3",
        ],
    ),
}
"""Codes of each image in raster order."""


def test_the_generator_is_splitmix64() -> None:
    # First outputs of the published C code for these seeds.
    assert [splitmix64(1234567, n) for n in range(3)] == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
    ]
    assert word(7, 2, 5) == splitmix64(splitmix64(7, 2), 5)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_codes_are_the_committed_ones(sample_model: DalleModel, name: str) -> None:
    options, expected = EXPECTED[name]
    found = sample_grids(sample_model, CAPTIONS, options)
    assert [" ".join(map(str, one)) for one in found.reshape(3, 16).tolist()] == expected


def test_nothing_but_time_depends_on_cache_and_company(sample_model: DalleModel) -> None:
    options = SamplingOptions(seed=5, guidance=2.0)
    together = sample_grids(sample_model, CAPTIONS, options)
    again = sample_grids(sample_model, CAPTIONS, options, use_cache=False)
    np.testing.assert_array_equal(together, again)
    alone = sample_grids(sample_model, CAPTIONS[1:2], options, first_image=1)
    np.testing.assert_array_equal(together[1:2], alone)
    other = sample_grids(sample_model, CAPTIONS, SamplingOptions(seed=6, guidance=2.0))
    assert (together != other).any()


def test_a_prime_is_kept(sample_model: DalleModel) -> None:
    prime = np.array([3, 1, 4, 1, 5], np.uint16)
    grids = sample_grids(sample_model, CAPTIONS, SamplingOptions(), prime)
    assert (grids.reshape(3, -1)[:, :5] == prime).all()
    whole = np.arange(16, dtype=np.uint16)
    grids = sample_grids(sample_model, CAPTIONS, SamplingOptions(), whole)
    assert (grids.reshape(3, -1) == whole).all()


def test_a_caption_is_drawn(model: DalleModel) -> None:
    captions = [f"a red block {place}" for place in PLACES] * 4
    grids = sample_grids(model, captions, SamplingOptions(temperature=0.5))
    for caption, grid in zip(captions, grids, strict=True):
        block = grid[PLACES[caption.rpartition(" ")[2]]]
        assert ((block == 3) | (block == 4)).mean() > 0.8


def test_candidates_are_ranked_by_their_caption(model: DalleModel) -> None:
    tokens = blocks(60, 7)
    scores = caption_scores(model, "a red block left", tokens.grids)
    best = [tokens.captions[number] for number in np.argsort(-scores)]
    count = tokens.captions.count("a red block left")
    assert count > 1
    assert best[:count] == ["a red block left"] * count
    given, alone = (
        image_bits(model, [text] * 60, tokens.grids).sum(1) for text in ("a red block left", "")
    )
    np.testing.assert_allclose(scores / 1024, alone - given, atol=16 * 2 / 1024)


def test_code_lengths_are_those_of_training(model: DalleModel) -> None:
    tokens = blocks(50, 8)
    given = image_bits(model, tokens.captions, tokens.grids)
    assert given.shape == (50, 16)
    assert 13 < given.sum(1).mean() < 15.5
    assert image_bits(model, [""] * 50, tokens.grids).sum() > given.sum()
    assert 3.5 < caption_bits(model, tokens.captions).mean() < 7


EXP2 = exp2_table()


def test_draws_follow_the_shares() -> None:
    logits = np.array([[0, 1024, 2048, -5000]])  # shares 1 : 2 : 4, and next to nothing
    words = [splitmix64(1, number) for number in range(7000)]
    many = np.repeat(logits, 7000, 0)
    counts = np.bincount(draw(many, SamplingOptions(), words, EXP2), minlength=4)
    assert np.abs(counts[:3] - [1000, 2000, 4000]).max() < 150
    two = np.bincount(draw(many, SamplingOptions(top_k=2), words, EXP2), minlength=4)
    assert two[0] == two[3] == 0 < two[1] < two[2]
    # 4 / 7 is less than 0.6, so the second stays; with it the share is reached.
    nucleus = np.bincount(draw(many, SamplingOptions(top_p=0.6), words, EXP2), minlength=4)
    np.testing.assert_array_equal(nucleus, two)
    cold = np.bincount(draw(many, SamplingOptions(temperature=0.5), words, EXP2), minlength=4)
    assert np.abs(cold[:3] - np.array([1, 4, 16]) * 7000 / 21).max() < 150
    assert (draw(many, SamplingOptions(temperature=0), words, EXP2) == 2).all()


def test_equal_codes_are_taken_in_order() -> None:
    logits = np.zeros((1, 5), np.int64)
    assert draw(logits, SamplingOptions(temperature=0), [0], EXP2).tolist() == [0]
    assert draw(logits, SamplingOptions(top_k=2), [(1 << 64) - 1], EXP2).tolist() == [1]


@pytest.mark.parametrize(
    "wrong", [{"temperature": -1}, {"top_p": 0}, {"top_k": -1}, {"guidance": -1}, {"seed": -1}]
)
def test_mistakes(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        SamplingOptions(**wrong)  # type: ignore[arg-type]
