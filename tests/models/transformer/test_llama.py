"""Checkpoints of the Llama graph: near their floats, exact on every engine, in any bytes."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import neurocomp
from neurocomp.errors import FormatError, UnsupportedError, UsageError
from neurocomp.exact.engine import open_engine
from neurocomp.models.hub.convert import convert_checkpoint
from neurocomp.models.transformer import TransformerModel
from neurocomp.store.stored import StoredModel
from tests.models.transformer.llamas import CONTEXT, KINDS, relative_loss, write_llama
from tests.symbols.vocabulary import ALPHABET_SIZE, END, fields

ODD = b"the inner band \r\n 12 345 <|endoftext|>\0\xff\xfe\xc0 " + bytes(range(256)) + b"a" * 50


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_llama(tmp_path_factory.mktemp("llama"), "tied")


@pytest.fixture(scope="module")
def stored(folder: Path) -> StoredModel:
    return convert_checkpoint(folder)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_tables_are_near_those_of_the_float_network(kind: str, tmp_path: Path) -> None:
    folder = write_llama(tmp_path / kind, kind)
    assert 0 <= relative_loss(folder, convert_checkpoint(folder)) < 0.01


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"hidden_act": "gelu"}, "gelu"),
        ({"rope_parameters": {"rope_type": "yarn", "rope_theta": 1e4, "factor": 4.0}}, "yarn"),
        ({"model_type": "gemma3"}, "gemma3"),
        ({"partial_rotary_factor": 0.5}, "part of each head"),
    ],
)
def test_what_is_not_supported_is_named(
    changes: dict[str, Any], what: str, folder: Path, tmp_path: Path
) -> None:
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    config = json.loads((tmp_path / "config.json").read_text()) | changes
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(UnsupportedError, match=what):
        convert_checkpoint(tmp_path)


def test_conversion_is_repeatable(folder: Path, stored: StoredModel) -> None:
    assert convert_checkpoint(folder).sha256 == stored.sha256


@pytest.mark.parametrize("route", ["float32", "float64", "int8"])
def test_engines_agree_over_a_sliding_window(route: str, stored: StoredModel) -> None:
    symbols = np.random.default_rng(2).integers(0, END, (2, 40)).astype(np.int32)
    expected = TransformerModel(stored).network.all_frequencies(symbols, 13)
    other = TransformerModel(stored, engine=open_engine(route)).network
    np.testing.assert_array_equal(other.all_frequencies(symbols, 13), expected)


@pytest.mark.parametrize("kind", ["tied", "mistral", "qwen3", "smollm3", "olmo2"])
def test_steps_agree_with_whole_sequences(kind: str, tmp_path: Path) -> None:
    stored = convert_checkpoint(write_llama(tmp_path, kind))
    model = TransformerModel(stored, window=9)
    symbols = np.random.default_rng(3).integers(0, END, (3, 30)).astype(np.int32)
    symbols[:, 0] = model.config.start_symbol
    expected = model.network.all_frequencies(symbols, 9).reshape(3, 30, -1)
    engine = TransformerModel(stored, window=9, engine=open_engine("float64"))
    for one in (model, engine):
        predictor = one.predictor(3)
        for step in range(30):
            np.testing.assert_array_equal(predictor.frequencies(), expected[:, step])
            predictor.update(symbols[:, (step + 1) % 30])


def test_a_window_forgets(stored: StoredModel) -> None:
    symbols = np.random.default_rng(4).integers(0, END, (1, 60)).astype(np.int32)
    other = symbols.copy()
    other[0, 4:30] = (other[0, 4:30] + 1) % END
    network = TransformerModel(stored).network
    one, two = (network.all_frequencies(rows, 8)[-1] for rows in (symbols, other))
    # Four layers of windows of 8 see 4 * 4 positions back, and the first four.
    np.testing.assert_array_equal(one, two)
    other[0, 0] = 7
    assert (network.all_frequencies(other, 8)[-1] != one).any()


def test_any_bytes_round_trip(stored: StoredModel) -> None:
    model = TransformerModel(stored)
    symbols = model.symbol_map.encode(ODD, model.alphabet_size)
    assert symbols is not None
    assert model.symbol_map.decode(symbols) == ODD


def test_bytes_without_a_token_get_a_symbol(tmp_path: Path) -> None:
    folder = write_llama(tmp_path, "tied")
    tokenizer = json.loads((folder / "tokenizer.json").read_text())
    characters = list(fields()["vocab"])
    for byte in (4, 0xC0, 0xFF):
        del tokenizer["model"]["vocab"][characters[byte]]
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    stored = convert_checkpoint(folder)
    model = TransformerModel(stored)
    assert model.alphabet_size == ALPHABET_SIZE + 3
    symbols = model.symbol_map.encode(ODD, model.alphabet_size)
    assert symbols is not None
    assert {ALPHABET_SIZE, ALPHABET_SIZE + 1, ALPHABET_SIZE + 2} <= set(symbols.tolist())
    assert model.symbol_map.decode(symbols) == ODD
    tables = model.predictor(1).frequencies()
    # They cost the others nothing but the least frequency; so does what stands for no text.
    assert tables[0, ALPHABET_SIZE:].tolist() == [1, 1, 1]
    assert tables[0, END] == 1
    path = tmp_path / "model.safetensors"
    stored.save(path)
    frame = neurocomp.compress(ODD, model=str(path))
    assert neurocomp.decompress(frame, model_path=(path,)) == ODD


@pytest.mark.parametrize("coder", ["arithmetic", "huffman"])
def test_frames_round_trip(coder: str, stored: StoredModel, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    stored.save(path)
    content = ODD * 2
    for window in (None, 20):
        frame = neurocomp.compress(content, model=str(path), coder=coder, window=window)
        assert neurocomp.decompress(frame, model_path=(path,)) == content
    for wrong in (4, CONTEXT + 1):
        with pytest.raises(UsageError, match="window"):
            neurocomp.compress(content, model=str(path), window=wrong)
    with pytest.raises(UsageError, match="window"):
        neurocomp.compress(content, model="adaptive", window=20)


def test_parameters_are_the_window(stored: StoredModel) -> None:
    model = TransformerModel(stored)
    assert model.slides
    assert model.parameters == b""
    other = model.with_window(20)
    assert other.parameters == b"\x14\0"
    assert model.with_parameters(b"\x14\0").parameters == b"\x14\0"
    for damaged in (b"\x14", CONTEXT.to_bytes(2, "little"), b"\4\0", b"\xff\xff"):
        with pytest.raises(FormatError):
            model.with_parameters(damaged)
    for wrong in (4, CONTEXT + 1):
        with pytest.raises(UsageError):
            model.with_window(wrong)
    with pytest.raises(UsageError, match="slides"):
        model.with_overlap(5)


@pytest.mark.parametrize(
    "name", ["turns", "blocks.0.attention.scale", "head.bias", "exp2", "blocks.3.inner_in.weight"]
)
def test_a_missing_part_is_an_error(name: str, stored: StoredModel) -> None:
    rest = {key: value for key, value in stored.tensors.items() if key != name}
    with pytest.raises(FormatError):
        TransformerModel(dataclasses.replace(stored, tensors=rest))


@pytest.mark.parametrize(
    "changes",
    [{"sinks": 0}, {"sinks": CONTEXT}, {"sinks": -1}, {"rotary": False}, {"context": 1 << 15}],
)
def test_a_damaged_configuration_is_an_error(changes: dict[str, Any], stored: StoredModel) -> None:
    with pytest.raises(FormatError):
        TransformerModel(dataclasses.replace(stored, config={**stored.config, **changes}))


def test_a_damaged_table_is_an_error(stored: StoredModel) -> None:
    turns = stored.tensors["turns"].copy()
    turns[0, 0, 0, 0] = np.iinfo(np.int32).min
    tensors = {**stored.tensors, "turns": turns}
    with pytest.raises(FormatError):
        TransformerModel(dataclasses.replace(stored, tensors=tensors))
    tensors = {**stored.tensors, "rotating": np.ones(3, np.uint8)}
    with pytest.raises(FormatError):
        TransformerModel(dataclasses.replace(stored, tensors=tensors))


def test_a_lane_longer_than_positions_reach_is_an_error(
    stored: StoredModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("neurocomp.models.transformer.predictor.MAX_POSITIONS", 5)
    predictor = TransformerModel(stored).predictor(1)
    for _ in range(5):
        predictor.frequencies()
        predictor.update(np.array([3], np.int32))
    with pytest.raises(FormatError, match="longer"):
        predictor.frequencies()
    monkeypatch.setattr("neurocomp.models.transformer.model.MAX_POSITIONS", 5)
    with pytest.raises(UsageError, match="block-size"):
        TransformerModel(stored).num_lanes(1 << 20)
