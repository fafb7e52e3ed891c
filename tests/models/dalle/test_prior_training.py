"""A prior learns, goes on where it was, and is what its exact form is."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from neurocomp.errors import FormatError, UsageError
from neurocomp.exact.engine import ROUTES, open_engine
from neurocomp.models.dalle import DalleModel
from neurocomp.models.dalle.convert import convert_prior
from neurocomp.models.dalle.prior import Prior, PriorConfig
from neurocomp.models.dalle.training.config import PriorTrainingConfig
from neurocomp.models.dalle.training.plan import plan_memory
from neurocomp.models.dalle.training.prior_data import (
    CaptionTokenizer,
    PriorSamples,
    learn_tokenizer,
    split_tokens,
)
from neurocomp.models.dalle.training.train_prior import (
    PRIOR_NAME,
    PriorTraining,
    export_prior,
    load_prior,
)
from neurocomp.store.stored import StoredModel
from neurocomp.symbols.bpe import BytePairs
from neurocomp.training.config import parse
from neurocomp.training.log import read_log
from neurocomp.training.recipes import read_configuration
from neurocomp.training.record import RunPlace
from neurocomp.training.run import run_training
from tests.models.dalle.blocks import BITS_OF_AN_IMAGE, blocks, tiny_config
from tests.training.runs import logged, steps_of


def test_it_learns(prior_run: Path) -> None:
    metrics = read_log(prior_run)[-1]["metrics"]
    assert BITS_OF_AN_IMAGE / 16 < metrics["latent"] < 0.93
    # What the caption tells is missing without it: one of 12.
    assert metrics["latent_alone"] > metrics["latent"] + 0.15
    assert metrics["caption"] < 7


def test_the_exact_form_is_close_to_the_floats(prior_run: Path, model: DalleModel) -> None:
    (checkpoint,) = (prior_run / "checkpoints").iterdir()
    prior, tokenizer = load_prior(checkpoint)
    rows = PriorSamples(blocks(30, 2), tokenizer, prior.shape).plain(np.arange(30))[:, :-1]
    exact = model.network.all_logits(rows.astype(np.int32))
    with torch.inference_mode():
        floats = prior.eval()(torch.from_numpy(rows))
    for ours, theirs in zip(exact, floats, strict=True):
        shares = torch.softmax(theirs.double(), -1).numpy()
        approximate = torch.log_softmax(torch.from_numpy(ours / 1024 * np.log(2)), -1).numpy()
        lost = (shares * (np.log(shares) - approximate)).sum(-1).mean()
        entropy = -(shares * np.log(shares)).sum(-1).mean()
        assert 0 <= lost < 0.0005 * entropy


@pytest.mark.parametrize("route", ROUTES[1:])
def test_routes_agree(prior_run: Path, model: DalleModel, route: str) -> None:
    other = DalleModel(StoredModel.load(prior_run / PRIOR_NAME), open_engine(route))
    rows = np.arange(2 * 26, dtype=np.int32).reshape(2, 26) * 5 % model.shape.vocabulary_size
    pairs = zip(other.network.all_logits(rows), model.network.all_logits(rows), strict=True)
    for left, right in pairs:
        np.testing.assert_array_equal(left, right)


def test_conversion_is_repeatable(prior_run: Path, model: DalleModel) -> None:
    (checkpoint,) = (prior_run / "checkpoints").iterdir()
    prior, tokenizer = load_prior(checkpoint)
    assert convert_prior(prior, tokenizer.json).sha256 == model.identity


def test_an_interrupted_run_goes_on_exactly(tmp_path: Path) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    config, tokens = tiny_config(6, checkpoint_every=3), blocks(90)
    run_training(PriorTraining(config, tokens), RunPlace(whole, device="cpu"), lambda _: None)

    def interrupt(text: str) -> None:
        if text.startswith("step 5/"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_training(PriorTraining(config, tokens), RunPlace(parts, device="cpu"), interrupt)
    place = RunPlace(parts, resume=True, device="cpu")
    run_training(PriorTraining(config, tokens), place, lambda _: None)
    assert list(logged(whole)) == list(logged(parts))
    assert (whole / PRIOR_NAME).read_bytes() == (parts / PRIOR_NAME).read_bytes()


def test_micro_batches_add_up(tmp_path: Path) -> None:
    """However captions, of which some are left out, fall into micro-batches."""
    losses = []
    for micro_batch in (32, 1):
        place = RunPlace(tmp_path / str(micro_batch), device="cpu")
        config = tiny_config(3, micro_batch=micro_batch, precision="float32")
        data = dataclasses.replace(
            config.data, caption_dropout=0.5, code_dropout=0.5, text_weight=0.5
        )
        config = dataclasses.replace(config, data=data)
        training = PriorTraining(config, blocks(100), blocks(10, 1))
        run_training(training, place, lambda _: None)
        losses.append(steps_of(place.output))
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-4)


def test_nothing_later_is_seen(model: DalleModel) -> None:
    """Patterns of attention let no code see itself or those after it."""
    torch.manual_seed(1)
    config = PriorConfig(width=32, num_blocks=4, num_heads=2, kernel=3, patterns="paper")
    prior = Prior(config, config.shape(260, 4, 4, 12, bytes(32))).eval()
    rows = torch.randint(0, prior.shape.vocabulary_size, (1, prior.shape.context - 1))
    changed = rows.clone()
    changed[0, 22] = (changed[0, 22] + 1) % prior.shape.vocabulary_size
    with torch.inference_mode():
        before, after = prior(rows)[1], prior(changed)[1]
    place = 22 - prior.shape.records.text_length
    assert torch.equal(before[0, :place], after[0, :place])
    assert not torch.equal(before[0, place], after[0, place])


def test_start_pads_tokens_and_codes_are_all_different(model: DalleModel) -> None:
    shape, length = model.shape, model.shape.records.text_length
    tokens = set(range(shape.records.num_tokens))
    pads = {shape.records.num_tokens + place for place in range(length)}
    codes = set(range(shape.first_code, shape.vocabulary_size))
    groups = [tokens, pads, {shape.start_symbol}, codes]
    assert len(set.union(*groups)) == sum(map(len, groups)) == shape.vocabulary_size


def test_pairs_that_stay_apart_are_the_same_text() -> None:
    captions = ["a red block at the top", "a red block at the bottom"] * 20
    learnt = learn_tokenizer(captions, 300)
    tokenizer, pairs = CaptionTokenizer(learnt), BytePairs(learnt)
    whole = tokenizer.encode(captions[0])
    assert tokenizer.encode_apart(captions[0], 0.0, 1) == whole
    drawn = {tuple(tokenizer.encode_apart(captions[0], 0.3, seed)) for seed in range(20)}
    assert len(drawn) > 5
    for tokens in drawn:
        assert pairs.decode(np.array(tokens)) == captions[0].encode()
    again = tokenizer.encode_apart(captions[0], 0.3, 4)
    assert again == tokenizer.encode_apart(captions[0], 0.3, 4)


def test_codes_of_captioned_images_alone_are_hidden() -> None:
    config = tiny_config(1)
    tokens = blocks(200)
    tokenizer = CaptionTokenizer(learn_tokenizer(tokens.captions, 300))
    shape = config.model.shape(tokenizer.num_tokens, 4, 4, 12, bytes(32))
    samples = PriorSamples(tokens, tokenizer, shape)
    data = dataclasses.replace(config.data, caption_dropout=0.5, code_dropout=0.25)
    rows, seen = samples.drawn(200, 400, 1, data, 0, 1)
    is_hidden = seen != rows
    assert (seen[is_hidden] == shape.start_symbol).all()
    assert not is_hidden[:, : shape.records.text_length + 1].any()
    is_captioned = rows[:, 1] < shape.records.num_tokens
    assert 60 < is_captioned.sum() < 140
    assert not is_hidden[~is_captioned].any()
    assert 0.2 < is_hidden[is_captioned, shape.records.text_length + 1 :].mean() < 0.3
    # However samples are shared out, each is hidden alike; with no share, none is.
    halves = [samples.drawn(200, 400, 1, data, rank, 2)[1] for rank in (0, 1)]
    np.testing.assert_array_equal(np.concatenate(halves), seen)
    whole = dataclasses.replace(data, code_dropout=0.0)
    for part in samples.drawn(200, 400, 1, whole, 0, 1):
        np.testing.assert_array_equal(part, rows)


def test_a_split_holds_out_whole_captions() -> None:
    tokens = blocks(400)
    training, held_out = split_tokens(tokens, 0.5)
    assert held_out is not None
    assert not set(training.captions) & set(held_out.captions)
    assert len(training.grids) + len(held_out.grids) == 400
    assert 0 < len(training.grids) < 400
    shuffled = split_tokens(
        type(tokens)(tokens.captions[::-1], tokens.grids[::-1], 12, tokens.autoencoder), 0.5
    )[0]
    assert set(shuffled.captions) == set(training.captions)
    assert split_tokens(tokens, 1.0)[1] is None
    with pytest.raises(UsageError, match="is empty"):
        split_tokens(tokens, 1e-9)


def test_the_paper_s_prior_has_12_billion_parameters() -> None:
    plan = plan_memory(parse(PriorTrainingConfig, read_configuration("prior-paper", "prior")))
    assert 12.0e9 < plan.num_parameters < 12.5e9
    assert plan.state_bytes == 16 * plan.num_parameters
    assert any("12,2" in line for line in plan.lines())


def test_mistakes(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="patterns"):
        PriorConfig(patterns="diagonal")
    with pytest.raises(UsageError, match=r"model\.rows is 8, but the data have 4"):
        PriorConfig(rows=8).shape(300, 4, 4, 12, bytes(32))
    with pytest.raises(UsageError, match="no checkpoint"):
        export_prior(tmp_path)
    with pytest.raises(FormatError):
        load_prior(tmp_path)
