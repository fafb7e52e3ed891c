"""Models of transformers in float: where they were, what is refused, and what is said."""

from __future__ import annotations

import shutil
import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

import neurocomp
from neurocomp.errors import (
    FormatError,
    ModelError,
    ModelMismatchError,
    ModelNotFoundError,
    UnsupportedError,
)
from neurocomp.explain import explain
from neurocomp.models.hub import environment as estimate
from neurocomp.models.hub.float_model import FloatModel, FloatPredictor
from neurocomp.models.hub.places import MAX_RECORDED_BYTES, Place
from neurocomp.pipeline.options import CompressOptions

CONTENT = b"the inner band of the island"


@pytest.fixture
def folder(checkpoint: Path, tmp_path: Path) -> Path:
    shutil.copytree(checkpoint, tmp_path / "mine")
    return tmp_path / "mine"


def change(folder: Path, name: str, value: float) -> None:
    weights = load_file(folder / "model.safetensors")
    weights[name].view(-1)[0] = value
    save_file(weights, folder / "model.safetensors", {"format": "pt"})


def test_a_frame_records_the_folder(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    frame = neurocomp.compress(CONTENT, model="hf:mine")
    assert str(folder).encode() in frame
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert neurocomp.decompress(frame) == CONTENT


def test_costs_under_a_float_model_are_those_of_its_payload(folder: Path) -> None:
    told = explain("x", CONTENT, CompressOptions(model=f"hf:{folder}"), falls_back=False)
    assert told.coded_with == {"hf": 1}
    assert 0 <= told.ending_bits <= 9
    labels = [told.label(number) for number in range(len(told.entries))]
    assert b"".join(one for one in labels if isinstance(one, bytes)) == CONTENT
    assert len(labels) < len(CONTENT), "tokens are longer than bytes"


def test_a_replaced_folder_is_read_again(folder: Path) -> None:
    name = f"hf:{folder}"
    frame = neurocomp.compress(CONTENT, model=name)
    first = FloatModel.load(str(folder)).identity
    change(folder, "transformer.wte.weight", 0.25)
    assert FloatModel.load(str(folder)).identity != first
    with pytest.raises(ModelMismatchError, match="the frame needs"):
        neurocomp.decompress(frame)
    assert neurocomp.decompress(neurocomp.compress(CONTENT, model=name)) == CONTENT


@pytest.mark.parametrize(
    ("value", "what"), [(float("nan"), "1 NaN"), (float("-inf"), "1 infinite")]
)
def test_weights_that_are_no_numbers_are_named(folder: Path, value: float, what: str) -> None:
    change(folder, "transformer.h.0.mlp.c_fc.weight", value)
    with pytest.raises(FormatError, match=rf"h\.0\.mlp\.c_fc\.weight.* {what} weights"):
        neurocomp.compress(CONTENT, model=f"hf:{folder}")


def test_predictions_that_are_no_numbers_are_an_error(folder: Path) -> None:
    model = FloatModel.load(str(folder))

    class Overflowing(torch.nn.Module):
        def forward(self, tokens: torch.Tensor, **unused: object) -> object:
            out = model._network(tokens)
            out.logits *= float("nan")
            return out

    predictor = FloatPredictor(Overflowing(), 1, 32, 0, "hf:mine")
    with pytest.raises(ModelError, match="hf:mine predicts NaN"):
        predictor.frequencies()


def test_a_missing_tensor_is_named(folder: Path) -> None:
    weights = load_file(folder / "model.safetensors")
    del weights["transformer.h.1.attn.c_attn.weight"]
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(FormatError, match=r"lacks the tensor .*h\.1\.attn"):
        FloatModel.load(str(folder))


def write_other(folder: Path, kind: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import transformers

        config: Any
        if kind == "bert":
            config = transformers.BertConfig(
                vocab_size=300,
                hidden_size=16,
                num_hidden_layers=1,
                num_attention_heads=2,
                intermediate_size=16,
            )
            network: Any = transformers.BertLMHeadModel(config)
        else:
            config = transformers.T5Config(
                vocab_size=300, d_model=16, d_kv=8, d_ff=16, num_layers=1, num_heads=2
            )
            network = transformers.T5ForConditionalGeneration(config)
        network.save_pretrained(folder)


@pytest.mark.parametrize("kind", ["bert", "t5"])
def test_models_that_are_not_causal_are_refused_by_name(
    folder: Path, kind: str, capfd: pytest.CaptureFixture[str]
) -> None:
    (folder / "model.safetensors").unlink()
    write_other(folder, kind)
    capfd.readouterr()
    with pytest.raises(UnsupportedError, match=f"is a {kind}, which is not a causal"):
        FloatModel.load(str(folder))
    assert capfd.readouterr() == ("", "")


def test_a_folder_without_a_model_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelNotFoundError, match=r"config\.json") as caught:
        FloatModel.load(str(tmp_path / "empty"))
    assert str(caught.value).isprintable()
    with pytest.raises(ModelNotFoundError, match="does not exist"):
        FloatModel.load(str(tmp_path / "missing"))


def test_a_name_that_the_hub_does_not_have_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def download(*unused: object, **options: object) -> str:
        import logging

        for number in range(12):
            logging.getLogger("huggingface_hub").warning("retry %d", number)
        raise OSError("no\nnetwork")

    monkeypatch.setattr("huggingface_hub.snapshot_download", download)
    with pytest.raises(ModelNotFoundError, match=r"hf:some/model.* hub or in its cache") as caught:
        FloatModel.load("some/model")
    assert str(caught.value).isprintable()
    assert capfd.readouterr() == ("", "")


def test_a_frame_records_the_revision(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = "0123456789abcdef0123456789abcdef01234567"
    snapshot = tmp_path / "hub" / "snapshots" / commit
    shutil.copytree(folder, snapshot)
    asked = []

    def download(name: str, **options: object) -> str:
        asked.append((name, options["revision"], options["local_files_only"]))
        return str(snapshot)

    monkeypatch.setattr("huggingface_hub.snapshot_download", download)
    frame = neurocomp.compress(CONTENT, model="hf:some/model", verify=False)
    assert b"some/model\0" + commit.encode() in frame
    assert neurocomp.decompress(frame) == CONTENT
    assert ("some/model", None, False) in asked
    assert asked[-1] == ("some/model", commit, True)


def test_places_are_read_as_they_were_written() -> None:
    for place in (Place("gpt2"), Place("a b", "/home/\udcff/a b"), Place("x/y", "0" * 40)):
        assert Place.from_bytes(place.to_bytes()) == place
    long = Place("name", "/" + "x" * MAX_RECORDED_BYTES)
    assert long.to_bytes() == b"name"
    assert str(Place("a\x1b", "/b\n")) == r"hf:a\x1b (folder /b\n)"
    for damaged in (b"", b"\0/x", b"a\0b\0c"):
        with pytest.raises(FormatError):
            Place.from_bytes(damaged)


def test_the_time_is_estimated_from_the_first_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str] = []
    clock = iter(float(second) for second in range(0, 1000, 4))
    monkeypatch.setattr(estimate, "perf_counter", lambda: next(clock))
    monkeypatch.setattr(estimate, "_listener", None)
    estimate.listen(heard.append)
    timer = estimate.StepTimer("hf:x", 2, 1000)
    for _ in range(40):
        timer.step()
    assert len(heard) == 1
    assert heard[0].startswith("hf:x predicts about 4 tokens a second here")
    assert "a block of 1000 tokens takes about 4 min" in heard[0]
    again, other = estimate.StepTimer("hf:x", 2, 1000), estimate.StepTimer("hf:x", 2, 500)
    for _ in range(40):
        again.step()  # the same block, to verify it
    assert len(heard) == 1
    for _ in range(40):
        other.step()
    assert len(heard) == 2
    estimate.listen(None)
