"""A set is coded with the damping that makes it shortest."""

from __future__ import annotations

import numpy as np

from neurocomp.models.dalle import DalleModel
from neurocomp.models.dalle.likelihood import image_bits
from neurocomp.models.dalle.network import damped
from neurocomp.models.dalle.record_heads import HEAD_SYMBOLS, NUM_DAMPINGS, read_head
from neurocomp.models.dalle.token_files import TokenSet, write_tokens
from tests.models.dalle.blocks import blocks


def test_logits_are_rounded_down() -> None:
    logits = np.array([[-5, 16, 0, -(1 << 30)]], np.int32)
    np.testing.assert_array_equal(damped(logits, 0), logits)
    np.testing.assert_array_equal(damped(logits, 8), [[-3, 8, 0, -(1 << 29)]])
    np.testing.assert_array_equal(damped(logits, 15), [[-1, 1, 0, -(1 << 26)]])


def test_the_damping_chosen_is_the_best(sample_model: DalleModel) -> None:
    # What the sample says of codes drawn at random is wrong, and it is sure of it.
    grids = np.random.default_rng(1).integers(0, 40, (20, 4, 4)).astype(np.uint16)
    captions = ["a red"] * 20
    tokens = [sample_model.symbol_map.caption_tokens(one) for one in captions]
    for texts, streams in ((captions, tokens), ([""] * 20, [])):
        lengths = [
            image_bits(sample_model, texts, grids, damping).sum() for damping in range(NUM_DAMPINGS)
        ]
        best = int(np.argmin(lengths))
        assert best > 2
        assert sample_model.choose_damping(streams, grids) == best
    assert sample_model.choose_damping([], grids[:0]) == 0


def test_the_damping_is_in_the_head(sample_model: DalleModel) -> None:
    grids = np.random.default_rng(2).integers(0, 40, (3, 4, 4)).astype(np.uint16)
    tokens = TokenSet((), grids, 40, bytes(range(32)))
    symbols = sample_model.symbol_map.encode(write_tokens(tokens), sample_model.alphabet_size)
    head = read_head(symbols[:HEAD_SYMBOLS].tolist())
    assert head.damping == sample_model.choose_damping([], grids) > 0
    assert sample_model.symbol_map.decode(symbols) == write_tokens(tokens)


def test_a_prior_that_is_right_is_hardly_damped(model: DalleModel) -> None:
    tokens = blocks(200, 9)
    streams = [model.symbol_map.caption_tokens(caption) for caption in tokens.captions]
    assert model.choose_damping(streams, tokens.grids) <= 2
