"""``neurocomp train text`` and ``train gpt2``, in one process and in two."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from neurocomp import compress, decompress
from neurocomp.bench.entropy import float_bits
from neurocomp.cli.entry import run
from neurocomp.models.hub.convert import convert_checkpoint
from neurocomp.registry.opening import open_model
from neurocomp.store.folder import ModelStore
from neurocomp.training.log import read_log
from tests.bench.tables import table_bits
from tests.training.runs import run_in_two_processes, steps_of, write_data

TEXT = """
[run]
steps = 3
micro_batch = 2
log_every = 1

[model]
width = 16
num_blocks = 2
context = 2

[data]
window = 64
batch = 8
validation_share = 0.1
validation_pieces = 3
validation_length = 100

[optimizer]
name = "adamw"
"""
SMALL_GPT2 = TEXT.replace("context = 2", 'num_heads = 2\nnum_positions = 128\nalphabet = "{}"')


def arguments(folder: Path, command: str, config: str, *more: str) -> list[str]:
    """Write data and configuration; return the command line, whose run goes to folder/run."""
    data = write_data(folder / "data")
    (folder / "small.toml").write_text(config)
    options = ["--config", str(folder / "small.toml"), "--cache", str(folder / "cache")]
    place = ["-o", str(folder / "run"), "--device", "cpu"]
    return ["train", command, *map(str, data), *options, *place, *more]


def checkpoint(folder: Path) -> Path:
    (only,) = (folder / "run" / "checkpoints").iterdir()
    return only


def test_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments(tmp_path, "text", TEXT)) == 0
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "step 3/3" in captured.err
    assert "validation: prose" in captured.err
    assert run(arguments(tmp_path, "text", TEXT, "--resume", "--steps", "5", "-q")) == 0
    assert len(steps_of(tmp_path / "run")) == 5
    assert capsys.readouterr().err == ""


def test_mistakes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["train", "text", "-o", str(tmp_path / "run")]) == 2
    assert "name files of text" in capsys.readouterr().err
    wrong = TEXT.replace("batch = 8", "batch = 8\nbatches = 3")
    assert run(arguments(tmp_path, "text", wrong)) == 2
    assert "[data] has an unknown key 'batches'" in capsys.readouterr().err
    assert run(arguments(tmp_path, "gpt2", SMALL_GPT2.format("gpt2"))) == 2
    assert "which needs --tokenizer: a tokenizer.json" in capsys.readouterr().err
    weighted = TEXT + "\n[data.weights]\nprose = 1\n"
    assert run(arguments(tmp_path, "text", weighted)) == 2
    assert "there are data of records too" in capsys.readouterr().err


def test_the_mean_of_what_a_training_came_by(tmp_path: Path) -> None:
    assert run(arguments(tmp_path, "text", TEXT)) == 0
    first = checkpoint(tmp_path).rename(tmp_path / "first")
    wider = TEXT.replace("context = 2", "context = 2\n[model.hashed]\n2 = 4")
    shutil.rmtree(tmp_path / "run")
    assert run(arguments(tmp_path, "text", wider, "--init", str(first))) == 0
    second, mean = checkpoint(tmp_path), tmp_path / "mean"
    assert run(["train", "average", str(second), str(first), "-o", str(mean)]) == 0
    a, b, c = (load_file(folder / "model.safetensors") for folder in (first, second, mean))
    assert b.keys() == c.keys() == a.keys() | {"hashed"}
    for name, tensor in c.items():
        before = a.get(name, torch.zeros_like(tensor))
        torch.testing.assert_close(tensor, (before + b[name]) / 2)
    assert bool((b["hashed"] != 0).any())
    shutil.rmtree(tmp_path / "run")
    assert run(arguments(tmp_path, "text", wider, "--init", str(mean))) == 0
    assert run(["models", "import", str(mean), "--name", "mean"]) == 0


def test_tables_of_other_n_grams_are_not_taken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also where their rows are as many."""
    tables = TEXT.replace("context = 2", "context = 3\n[model.hashed]\n{}")
    assert run(arguments(tmp_path, "text", tables.format("2 = 4\n3 = 4"))) == 0
    first = checkpoint(tmp_path).rename(tmp_path / "first")
    shutil.rmtree(tmp_path / "run")
    capsys.readouterr()
    for other in ("2 = 5", "2 = 5\n3 = 4"):
        assert run(arguments(tmp_path, "text", tables.format(other), "--init", str(first))) != 0
        assert "2: 4, 3: 4, but the [model.hashed]" in capsys.readouterr().err
        shutil.rmtree(tmp_path / "run", ignore_errors=True)
    larger = tables.format("2 = 5\n3 = 5")
    assert run(arguments(tmp_path, "text", larger, "--init", str(first))) == 0


def test_no_mean(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments(tmp_path, "text", TEXT)) == 0
    one, mean = checkpoint(tmp_path), tmp_path / "mean"

    def says(message: str, *networks: object) -> None:
        assert run(["train", "average", *map(str, networks), "-o", str(mean)]) != 0
        assert message in capsys.readouterr().err
        assert not mean.exists()

    says("is not a checkpoint", "text-s", one)
    says("a network of the package: text-l, text-s", one, "text-m")
    says(
        "has tables of n-grams (length: bits) 3: 14, 4: 14, 6: 14, but the [model.hashed]",
        one,
        "text-s",
    )
    for shape in ('"width": "x"', '"width": 0', '"depth": 2', '"hashed": []'):
        (one / "config.json").write_text('{"model_type": "glr", ' + shape + "}")
        says("config.json is damaged", one, one)
    (one / "config.json").write_text('{"model_type": "gpt2"}')
    says("holds no byte network", one, one)
    (one / "config.json").write_text("{")
    says("is damaged", one, one)
    mean.mkdir()
    assert run(["train", "average", str(one), str(one), "-o", str(mean)]) != 0
    assert "already exists" in capsys.readouterr().err
    assert not list(mean.iterdir())


def test_gpt2_of_bytes_is_read_by_transformers(tmp_path: Path) -> None:
    from transformers import GPT2LMHeadModel

    assert run(arguments(tmp_path, "gpt2", SMALL_GPT2.format("bytes"), "-q")) == 0
    model = GPT2LMHeadModel.from_pretrained(checkpoint(tmp_path))
    assert model.config.vocab_size == 256
    assert model.config.n_positions == 128


def test_gpt2_with_byte_pairs(tmp_path: Path) -> None:
    from tokenizers import AddedToken
    from tokenizers.implementations.byte_level_bpe import ByteLevelBPETokenizer

    folder = tmp_path / "tokenizer"
    folder.mkdir()
    tokenizer = ByteLevelBPETokenizer()
    texts = iter([path.read_text() for path in write_data(tmp_path / "data")])
    special: list[str | AddedToken] = ["<|endoftext|>"]
    tokenizer.train_from_iterator(texts, 300, show_progress=False, special_tokens=special)
    tokenizer.save_model(str(folder))
    config = SMALL_GPT2.format("gpt2")
    assert run(arguments(tmp_path, "gpt2", config, "--tokenizer", str(folder), "-q")) == 0
    written = checkpoint(tmp_path)
    assert json.loads((written / "config.json").read_text())["vocab_size"] == 300
    assert (written / "merges.txt").read_bytes() == (folder / "merges.txt").read_bytes()
    (validation,) = [e for e in read_log(tmp_path / "run") if e["event"] == "validation"]
    # Before it has learnt anything a token costs log2(300) bits and stands for some bytes.
    assert validation["metrics"]["prose"] < 6


@pytest.mark.parametrize(
    ("command", "model"),
    [
        ("neural-ngram", 'context = 3\nhidden_width = 64\nalphabet = "bytes"'),
        ("recurrent", 'alphabet = "bytes"'),
    ],
)
def test_networks_of_tokens_learn_and_become_models(
    command: str, model: str, tmp_path: Path
) -> None:
    shape = "context = 2" if command == "recurrent" else "num_blocks = 2\ncontext = 2"
    config = TEXT.replace(shape, model).replace("width = 16", "width = 32")
    config = config.replace('"adamw"', '"muon"\nrate = 0.02')
    assert run(arguments(tmp_path, command, config, "--steps", "80", "-q")) == 0
    (validation,) = [e for e in read_log(tmp_path / "run") if e["event"] == "validation"]
    # Nine random digits and a line end: log2(10) * 8/9 bits at best; the words have about 1.
    assert 2.95 < validation["metrics"]["records"] < 3.7
    assert validation["metrics"]["prose"] < 2.2
    written = checkpoint(tmp_path)
    stored = convert_checkpoint(written)
    path = tmp_path / "model.safetensors"
    stored.save(path)
    text = write_data(tmp_path / "more")[0].read_bytes()[:3000]
    for coder in ("arithmetic", "huffman"):
        frame = compress(text, model=str(path), coder=coder)
        assert decompress(frame, model_path=(path,)) == text
    model_of_bytes: Any = open_model(str(path), ModelStore()).model
    symbols = np.frombuffer(text, np.uint8).astype(np.int32)
    exact_bits = table_bits(model_of_bytes, symbols)
    num_lanes = model_of_bytes.num_lanes(symbols.size)
    assert float_bits(written, symbols, num_lanes)[0] == pytest.approx(exact_bits, rel=2e-3)


@pytest.mark.parametrize("sharding", ["ddp", "fsdp"])
def test_two_processes_do_what_one_does(tmp_path: Path, sharding: str) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    assert run(arguments(tmp_path / "one", "text", TEXT, "-q")) == 0
    command = arguments(tmp_path / "two", "text", TEXT, "-q", "--sharding", sharding)
    run_in_two_processes(command)
    single, double = (steps_of(tmp_path / name / "run") for name in ("one", "two"))
    assert len(single) == 3
    for left, right in zip(single, double, strict=True):
        assert left == pytest.approx(right, rel=1e-4)
    last = [read_log(tmp_path / name / "run")[-1]["metrics"] for name in ("one", "two")]
    assert last[0] == pytest.approx(last[1], rel=1e-4)
    # One process goes on with what two have left.
    resumed = arguments(tmp_path / "two", "text", TEXT, "--resume", "--steps", "4", "-q")
    assert run(resumed) == 0
    assert len(steps_of(tmp_path / "two" / "run")) == 4
