"""Token files come back byte for byte, and other files are refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import neurocomp
from neurocomp.coding.coders import CODERS
from neurocomp.errors import FormatError, ModelNotFoundError
from neurocomp.models.dalle import DalleModel
from neurocomp.models.dalle.predictor import PriorPredictor
from neurocomp.models.dalle.record_heads import HEAD_SYMBOLS, NUM_DAMPINGS, Kind
from neurocomp.models.dalle.records import (
    RECORDS_PER_LANE,
    RecordShape,
    count_symbols,
    read_records,
    write_records,
)
from neurocomp.models.dalle.token_files import TokenSet, write_tokens
from tests.models.dalle.blocks import AUTOENCODER, NO_GRIDS, NUM_CODES, blocks

LONG = "a caption, longer than a record holds, né\n of \0 many words " * 3


def sets(count: int) -> dict[str, TokenSet]:
    both = blocks(count, 3)
    texts = tuple((LONG, "", "x" * 10)[i % 3] for i in range(count))
    return {
        "both": both,
        "images": TokenSet((), both.grids, NUM_CODES, AUTOENCODER),
        "captions": TokenSet(both.captions, NO_GRIDS, 0),
        "long captions": TokenSet(texts, both.grids, NUM_CODES, AUTOENCODER),
        "long captions alone": TokenSet(texts, NO_GRIDS, 0),
    }


@pytest.mark.parametrize("coder", sorted(CODERS))
@pytest.mark.parametrize("kind", sorted(sets(1)))
def test_round_trip(prior_run: Path, kind: str, coder: str) -> None:
    for count in (1, 2, 3, 40):
        data = write_tokens(sets(count)[kind])
        frame = neurocomp.compress(data, model=f"dalle:{prior_run}", coder=coder)
        assert neurocomp.decompress(frame, model_path=(prior_run,)) == data


def test_a_set_shrinks_to_what_the_prior_says(prior_run: Path) -> None:
    data = write_tokens(sets(200)["images"])
    frame = neurocomp.compress(data, model=f"dalle:{prior_run}")
    # 13.7 bits an image given its caption, which is one of 12.
    assert len(frame) < 200 * (13.7 + 3.6) * 1.1 / 8 + 60
    data = write_tokens(sets(200)["both"])
    assert len(neurocomp.compress(data, model=f"dalle:{prior_run}")) < 200 * 20 / 8 + 60


def test_a_missing_model_is_named(prior_run: Path, model: DalleModel) -> None:
    frame = neurocomp.compress(write_tokens(sets(3)["both"]), model=f"dalle:{prior_run}")
    with pytest.raises(ModelNotFoundError, match=model.identity.hex()):
        neurocomp.decompress(frame)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"This is text.", "token files only"),
        (write_tokens(sets(4)["both"])[:-1], "damaged or cut short"),
        (write_tokens(TokenSet((), blocks(3).grids, NUM_CODES, bytes(32))), "autoencoder"),
        (write_tokens(TokenSet((), blocks(3).grids, 512, AUTOENCODER)), "alphabet of 512"),
        (
            write_tokens(TokenSet((), np.zeros((2, 8, 8), np.uint16), NUM_CODES, AUTOENCODER)),
            "8 x 8",
        ),
    ],
)
def test_wrong_files_are_refused(prior_run: Path, data: bytes, why: str) -> None:
    with pytest.raises(FormatError, match=why):
        neurocomp.compress(data, model=f"dalle:{prior_run}")


def test_a_folder_without_a_prior_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFoundError, match="train-prior"):
        neurocomp.compress(b"x", model=f"dalle:{tmp_path}")


SHAPE = RecordShape(num_tokens=50, text_length=5, rows=3, columns=2, num_codes=9)


@pytest.mark.parametrize("kind", list(Kind))
def test_records_are_reversible_and_find_their_lanes(kind: Kind) -> None:
    rng = np.random.default_rng(1)
    for count in (1, 2, 5, 63, 64, 65, 300, 1000):
        captions = [rng.integers(0, 50, rng.integers(0, 13)) for _ in range(count)]
        grids = rng.integers(0, 9, (count, 3, 2)).astype(np.uint16)
        damping = 0 if kind is Kind.CAPTIONS else count % NUM_DAMPINGS
        stream = write_records(SHAPE, kind, captions, grids, damping)
        lanes = SHAPE.num_lanes(stream.size)
        assert stream.size % lanes == 0
        assert lanes >= 32 or count < 1000
        assert lanes == 1 or stream.size // lanes >= RECORDS_PER_LANE * (HEAD_SYMBOLS + 5 + 6)
        found_kind, texts, images = read_records(SHAPE, stream)
        assert found_kind is kind
        if kind is not Kind.IMAGES:
            assert [text.tolist() for text in texts] == [one.tolist() for one in captions]
        if kind is not Kind.CAPTIONS:
            np.testing.assert_array_equal(images, grids)


def test_damaged_records_are_errors() -> None:
    tokens = [np.arange(3, dtype=np.int32)]
    stream = write_records(SHAPE, Kind.BOTH, tokens, np.ones((1, 3, 2), np.uint16))
    head = HEAD_SYMBOLS
    for place, symbol in ((0, 7), (1, 16), (2, 1), (7, 1), (head, SHAPE.first_code), (head + 7, 0)):
        damaged = stream.copy()
        damaged[place] = symbol
        with pytest.raises(FormatError):
            read_records(SHAPE, damaged)
    with pytest.raises(FormatError):
        read_records(SHAPE, stream[:-1])


def test_the_predictor_refuses_what_no_encoder_writes(sample_model: DalleModel) -> None:
    records = sample_model.shape.records
    captions = [np.array([5, 6], np.int32)]
    stream = write_records(records, Kind.BOTH, captions, np.ones((1, 4, 4), np.uint16))
    for place in range(stream.size):
        damaged = stream.copy()
        is_text = 0 <= place - HEAD_SYMBOLS < records.text_length
        damaged[place] = records.first_code if is_text else 0
        if place < HEAD_SYMBOLS:
            damaged[place] = 99
        predictor = PriorPredictor(sample_model.network, 1, 1)
        for symbol in damaged[:place]:
            predictor.update(np.array([symbol], np.int32))
        with pytest.raises(FormatError):
            predictor.update(damaged[place : place + 1].astype(np.int32))


def test_lanes_that_no_writer_uses_are_refused(sample_model: DalleModel) -> None:
    for lanes in (3, 128, 4096):
        with pytest.raises(FormatError, match="lanes"):
            sample_model.predictor(lanes)
    assert sample_model.predictor(64).frequencies().shape == (64, sample_model.alphabet_size)


def test_sets_of_too_many_symbols_are_refused(
    prior_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = write_tokens(sets(40)["long captions"])
    monkeypatch.setattr("neurocomp.models.dalle.token_sets.MAX_BLOCK_BYTES", 3000)
    with pytest.raises(FormatError, match="split it into two files"):
        neurocomp.compress(data, model=f"dalle:{prior_run}")


@pytest.mark.parametrize("count", [1, 3, 40, 200])
def test_symbols_are_counted_before_they_are_made(count: int) -> None:
    shape = RecordShape(300, 5, 4, 4, NUM_CODES)
    texts = [np.arange(number % 13, dtype=np.int32) for number in range(count)]
    grids = np.zeros((count, 4, 4), np.uint16)
    for kind in Kind:
        captions = [] if kind is Kind.IMAGES else texts
        found = write_records(shape, kind, captions, grids)
        assert count_symbols(shape, kind, captions, count) == found.size
