"""A converted checkpoint: close to the float model, the same everywhere, in frames."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

import neurocomp
from neurocomp.errors import (
    FormatError,
    ModelMismatchError,
    ModelNotFoundError,
    UnsupportedError,
    UsageError,
)
from neurocomp.exact.engine import ROUTES, open_engine
from neurocomp.models.hub import environment
from neurocomp.models.hub.convert import convert_checkpoint
from neurocomp.models.hub.fetch import fetch_checkpoint
from neurocomp.models.transformer import TransformerModel
from neurocomp.models.transformer.config import TransformerConfig
from neurocomp.models.transformer.conformance import SAMPLES
from neurocomp.store.stored import StoredModel
from tests.models.transformer.checkpoints import CONTEXT, float_model, write_checkpoint
from tests.symbols.vocabulary import END

TEXT = b"the inner band and the other <|endoftext|>\r\n\xff\0" * 4


def test_conversion_is_repeatable(checkpoint: Path, stored: StoredModel) -> None:
    assert convert_checkpoint(checkpoint).sha256 == stored.sha256


def test_tables_are_near_those_of_the_float_model(checkpoint: Path, stored: StoredModel) -> None:
    rows = np.random.default_rng(1).integers(0, END, (4, CONTEXT)).astype(np.int32)
    tables = TransformerModel(stored).network.all_frequencies(rows) / 2.0**24
    with torch.inference_mode():
        logits = float_model(checkpoint)(torch.from_numpy(rows).long()).logits.double()
    shares = torch.softmax(logits, -1).reshape(tables.shape).numpy()
    lost = (shares * np.log2(shares / tables)).sum(1).mean()
    entropy = -(shares * np.log2(shares)).sum(1).mean()
    assert 0 <= lost < 0.001 * entropy


@pytest.mark.parametrize("sample", sorted(SAMPLES))
def test_routes_agree(sample: str) -> None:
    stored = SAMPLES[sample]()
    rows = np.arange(20, dtype=np.int32).reshape(2, 10)
    tables = [
        TransformerModel(stored, engine=open_engine(route)).network.all_frequencies(rows)
        for route in ROUTES
    ]
    for table in tables[1:]:
        np.testing.assert_array_equal(table, tables[0])


def test_a_full_window_slides(stored: StoredModel) -> None:
    symbols = np.random.default_rng(2).integers(0, END, 3 * CONTEXT).astype(np.int32)
    model = TransformerModel(stored, overlap=7)
    predictor = model.predictor(1)
    for symbol in symbols[: CONTEXT + 3]:
        predictor.update(np.array([symbol], np.int32))
        found = predictor.frequencies()
    # CONTEXT - 1 symbols fill the window; the next one starts it again with the last 7 of all.
    window = symbols[CONTEXT - 7 : CONTEXT + 3][None]
    expected = model.network.all_frequencies(window)[-1]
    np.testing.assert_array_equal(found[0], expected)


def test_threads_change_nothing(stored: StoredModel, monkeypatch: pytest.MonkeyPatch) -> None:
    model = TransformerModel(stored)
    tables = []
    for num_cores in (1, 3):
        monkeypatch.setattr("neurocomp.models.transformer.model.num_cores", lambda n=num_cores: n)
        predictor = model.predictor(5)
        predictor.update(np.arange(5, dtype=np.int32))
        tables.append(predictor.frequencies())
    np.testing.assert_array_equal(tables[0], tables[1])


@pytest.mark.parametrize("overlap", [None, 1, 9])
@pytest.mark.parametrize("coder", ["arithmetic", "huffman"])
def test_frames_round_trip(model_file: Path, overlap: int | None, coder: str) -> None:
    frame = neurocomp.compress(TEXT, model=str(model_file), overlap=overlap, coder=coder)
    assert neurocomp.decompress(frame, model_path=(model_file,)) == TEXT
    with pytest.raises(ModelNotFoundError):
        neurocomp.decompress(frame)


def test_an_overlap_out_of_range_is_an_error(model_file: Path) -> None:
    for overlap in (0, CONTEXT):
        with pytest.raises(UsageError):
            neurocomp.compress(TEXT, model=str(model_file), overlap=overlap)
    with pytest.raises(UsageError):
        neurocomp.compress(TEXT, model="adaptive", overlap=5)


def test_damaged_parameters_are_an_error(stored: StoredModel) -> None:
    model = TransformerModel(stored)
    half = (CONTEXT // 2).to_bytes(2, "little")
    for parameters in (b"\1", b"\0\0", b"\xff\xff", half):
        with pytest.raises(FormatError):
            model.with_parameters(parameters)
    assert model.with_parameters(b"\5\0").parameters == b"\5\0"


def test_lanes_follow_from_length_and_memory(stored: StoredModel) -> None:
    model = TransformerModel(stored)
    assert [model.num_lanes(n) for n in (1, 2047, 2048, 10**7)] == [1, 1, 2, 64]


@pytest.mark.parametrize("name", ["blocks.0.inner_in.weight", "exp2", "activation", "head.scale"])
def test_a_missing_part_is_an_error(stored: StoredModel, name: str) -> None:
    rest = {key: value for key, value in stored.tensors.items() if key != name}
    with pytest.raises(FormatError):
        TransformerModel(dataclasses.replace(stored, tensors=rest))


def test_a_damaged_configuration_is_an_error(stored: StoredModel) -> None:
    for changes in ({"width": 0}, {"context": True}, {"activation": "relu"}):
        config = {**stored.config, **changes}
        with pytest.raises(FormatError):
            TransformerModel(dataclasses.replace(stored, config=config))


@pytest.mark.parametrize(("sample", "width"), [("gpt", 2), ("llama", 2), ("sliding", 1)])
def test_heads_too_narrow_for_their_queries_are_refused(sample: str, width: int) -> None:
    with pytest.raises(FormatError):
        TransformerConfig.from_json({**SAMPLES[sample]().config, "head_width": width})


def test_other_architectures_are_refused(tmp_path: Path) -> None:
    folder = write_checkpoint(tmp_path, activation_function="relu")
    with pytest.raises(UnsupportedError, match="relu"):
        convert_checkpoint(folder)


def test_a_float_model_is_bound_to_the_machine(
    checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = neurocomp.compress(TEXT, model=f"hf:{checkpoint}", verify=False)
    assert neurocomp.decompress(frame) == TEXT
    other = {**environment.environment(), "torch": "0.1"}
    monkeypatch.setattr("neurocomp.models.hub.environment.environment", lambda: other)
    with pytest.raises(ModelMismatchError, match=r"torch .* there and '0\.1' here"):
        neurocomp.decompress(frame)


def test_without_a_network_the_message_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(*unused: object, **options: object) -> str:
        raise OSError("no network")

    monkeypatch.setattr("huggingface_hub.snapshot_download", offline)
    with pytest.raises(ModelNotFoundError, match="neurocomp models import gpt2-xl"):
        fetch_checkpoint("gpt2-xl")


def test_a_download_is_found(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def download(repository: str, **options: object) -> str:
        asked.append(repository)
        return str(checkpoint)

    monkeypatch.setattr("huggingface_hub.snapshot_download", download)
    fetched = [fetch_checkpoint(name) for name in ("gpt2", "distilgpt2")]
    assert [one.folder for one in fetched] == [checkpoint] * 2
    assert [one.revision for one in fetched] == [None] * 2
    assert asked == ["openai-community/gpt2", "distilbert/distilgpt2"]
