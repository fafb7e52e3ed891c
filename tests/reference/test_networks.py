"""Transformers, networks of tokens and priors of the documents are those of the package."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

import neurocomp
from neurocomp.codec.contract import Predictor, SymbolModel
from neurocomp.models.dalle import memory
from neurocomp.models.dalle.conformance import sample_stream
from neurocomp.models.dalle.model import DalleModel
from neurocomp.models.dalle.record_heads import Kind
from neurocomp.models.dalle.records import write_records
from neurocomp.models.tokennets.conformance import ngram_sample, recurrent_sample
from neurocomp.models.tokennets.model import NeuralNgramModel, RecurrentTokensModel
from neurocomp.models.transformer.conformance import (
    gpt_sample,
    llama_sample,
    outputs_sample,
    sliding_sample,
)
from neurocomp.models.transformer.model import TransformerModel
from neurocomp.store.stored import StoredModel as PackagedModel
from tests.golden import cases
from tests.reference.coders import DecodingError
from tests.reference.conftest import plain
from tests.reference.dalle import Prior, PriorLanes
from tests.reference.decoder import Decoder
from tests.reference.frames import read_file
from tests.reference.stored import StoredModel
from tests.reference.symbolwise import Lane, Lanes, OwnLanes
from tests.reference.tokennets import NeuralNgram, NeuralNgramLane, RecurrentLane, RecurrentTokens
from tests.reference.transformer import Lane as TransformerLane
from tests.reference.transformer import Transformer, parameter_of

Make = Callable[[], PackagedModel]


def reread(model: PackagedModel, folder: Path) -> StoredModel:
    return StoredModel(plain(model, folder / "model.safetensors").read_bytes())


def assert_same(predictor: Predictor, lanes: Lanes, rows: Sequence[Sequence[int]]) -> None:
    """Compare the tables before each step, of which the last may be of fewer lanes."""
    for row in rows:
        assert np.array_equal(predictor.frequencies(), np.array(lanes.tables()))
        predictor.update(np.array(row, np.int32))
        lanes.learn(row)


def symbols(num_lanes: int) -> list[list[int]]:
    return [[(7 * i * i + 131 * i + n * i) % 299 for n in range(num_lanes)] for i in range(40)]


def with_head_norms() -> PackagedModel:
    """Return the sample whose window slides, with norms of queries and keys."""
    sample = sliding_sample()
    width = sample.config["head_width"]
    gains = (np.arange(width) * 211 % 1500 - 400).astype(np.int32)
    norms = {
        f"blocks.{block}.{kind}_norm.{part}": value
        for block in range(sample.config["num_layers"])
        for kind in ("query", "key")
        for part, value in (("gain", gains + block), ("scale", np.array([77, 27], np.int64)))
    }
    config = {**sample.config, "norms_heads": True}
    return PackagedModel(sample.architecture, config, {**sample.tensors, **norms})


@pytest.mark.parametrize("parameter", [None, 1, 5, 23])
@pytest.mark.parametrize("make", [gpt_sample, llama_sample])
def test_windows_read_again(make: Make, parameter: int | None, tmp_path: Path) -> None:
    stored = make()
    packaged = TransformerModel(stored)
    if parameter is not None:
        packaged = packaged.with_overlap(parameter)
    model = Transformer(reread(stored, tmp_path))
    number = parameter_of(model, packaged.parameters or None)
    lanes = OwnLanes([TransformerLane(model, number) for _ in range(2)])
    assert_same(packaged.predictor(2), lanes, symbols(2))


@pytest.mark.parametrize("parameter", [None, 3, 7])
@pytest.mark.parametrize("make", [sliding_sample, with_head_norms, outputs_sample])
def test_windows_that_slide(make: Make, parameter: int | None, tmp_path: Path) -> None:
    stored = make()
    packaged = TransformerModel(stored)
    if parameter is not None:
        packaged = packaged.with_window(parameter)
    model = Transformer(reread(stored, tmp_path))
    number = parameter_of(model, packaged.parameters or None)
    lanes = OwnLanes([TransformerLane(model, number) for _ in range(2)])
    assert_same(packaged.predictor(2), lanes, symbols(2))


def test_positions_beyond_the_first_table(tmp_path: Path) -> None:
    """Turns of 1024 positions and more are composed of two."""
    stored = sliding_sample()
    packaged, model = TransformerModel(stored).with_window(3), Transformer(reread(stored, tmp_path))
    predictor, lane = packaged.predictor(1), TransformerLane(model, 3)
    for i in range(1030):
        if i > 1020:
            lane_table = OwnLanes([lane]).tables()
            assert np.array_equal(predictor.frequencies(), np.array(lane_table))
        elif i:
            lane.weigh()
        predictor.update(np.array([i * i % 299], np.int32))
        lane.read(i * i % 299)


def test_parameters_that_no_writer_writes(tmp_path: Path) -> None:
    for stored, wrong in ((llama_sample(), (0, 12, 24)), (sliding_sample(), (0, 2, 24, 25))):
        model = Transformer(reread(stored, tmp_path))
        for number in wrong:
            with pytest.raises(DecodingError):
                parameter_of(model, number.to_bytes(2, "little"))
        with pytest.raises(DecodingError):
            parameter_of(model, b"\5")


@pytest.mark.parametrize("kind", ["neural n-gram", "recurrence"])
def test_networks_of_tokens(kind: str, tmp_path: Path) -> None:
    packaged: SymbolModel
    if kind == "recurrence":
        packaged, stored = RecurrentTokensModel(recurrent_sample()), recurrent_sample()
        recurrent = RecurrentTokens(reread(stored, tmp_path))
        lanes: list[Lane] = [RecurrentLane(recurrent) for _ in range(2)]
    else:
        packaged, stored = NeuralNgramModel(ngram_sample()), ngram_sample()
        ngram = NeuralNgram(reread(stored, tmp_path))
        lanes = [NeuralNgramLane(ngram) for _ in range(2)]
    assert_same(packaged.predictor(2), OwnLanes(lanes), symbols(2))


def test_a_prior(tmp_path: Path) -> None:
    """Lanes, copies, captions of two records, empty slots, and a damping."""
    stored = PackagedModel.load(cases.PRIOR)
    packaged = DalleModel(stored)
    shape = packaged.network.shape.records
    stream = sample_stream(shape)
    num_lanes = shape.num_lanes(stream.size)
    assert num_lanes > 1
    prior = Prior(reread(stored, tmp_path))
    rows = stream.reshape(num_lanes, -1).T.tolist()
    assert_same(packaged.predictor(num_lanes), PriorLanes(prior, num_lanes), rows)


def test_captions_alone(tmp_path: Path) -> None:
    """Golden frames of captions are stored: the network's weights are random."""
    stored = PackagedModel.load(cases.PRIOR)
    packaged = DalleModel(stored)
    shape = packaged.network.shape.records
    captions = [np.arange(i % 15, dtype=np.int32) * 7 + i for i in range(90)]
    stream = write_records(shape, Kind.CAPTIONS, captions, np.zeros((0, 0, 0), np.uint16), 0)
    num_lanes = shape.num_lanes(stream.size)
    assert num_lanes > 1
    rows = stream.reshape(num_lanes, -1).T.tolist()
    prior = Prior(reread(stored, tmp_path))
    assert_same(packaged.predictor(num_lanes), PriorLanes(prior, num_lanes), rows)


def test_a_memory_that_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pairs are forgotten, weights are not: the core, told of the same bound, does so too."""
    monkeypatch.setattr("tests.reference.code_memory.MOST_PAIRS", 400)
    monkeypatch.setattr(memory, "MAX_ENTRIES", 400)
    test_a_prior(tmp_path)


@pytest.mark.parametrize("coder", ["arithmetic", "huffman"])
def test_frames(coder: str, tmp_path: Path) -> None:
    """Small frames of models in files, whose windows are not the usual ones."""
    content = cases.ALL_CONTENTS["few-tokens"]()[:400]
    for path, overlap, window in (
        (cases.GPT, 3, None),
        (cases.TRANSFORMER, 20, None),
        (cases.SLIDING, None, 9),
    ):
        frame = neurocomp.compress(content, model=path, coder=coder, overlap=overlap, window=window)
        ((_, (block,)),) = read_file(frame)
        assert block.model is not None
        assert 1 in block.model.properties
        stored = reread(PackagedModel.load(path), tmp_path)
        assert Decoder([stored]).decode(frame) == content
