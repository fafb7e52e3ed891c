"""The softmax over a sample of the symbols."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch.nn import functional

from neurocomp.cli.entry import run
from neurocomp.errors import UsageError
from neurocomp.models.text.config import DataConfig
from neurocomp.models.tokennets.torch_networks import (
    NeuralNgram,
    NeuralNgramConfig,
    RecurrentTokens,
    RecurrentTokensConfig,
)
from neurocomp.models.transformer.torch_gpt2 import GPT2, GPT2Config
from neurocomp.training.log import read_log
from neurocomp.training.sampled_softmax import (
    Sample,
    SymbolSampler,
    project,
    sampled_cross_entropy,
)
from neurocomp.training.windows import WindowStream
from tests.training.runs import write_data

CPU = torch.device("cpu")


def test_with_every_symbol_it_is_the_cross_entropy() -> None:
    torch.manual_seed(0)
    logits, targets = torch.randn(20, 50), torch.randint(0, 50, (20,))
    sample = Sample(torch.arange(50), torch.zeros(50), targets)
    expected = functional.cross_entropy(logits, targets)
    torch.testing.assert_close(sampled_cross_entropy(logits, sample), expected)


def test_the_normaliser_keeps_its_expectation() -> None:
    """Each prediction's own target is certain; that of another one counts only where drawn."""
    torch.manual_seed(0)
    counts = np.arange(60) ** 3
    sampler = SymbolSampler(counts, 20, CPU)
    logits, targets = torch.randn(4, 60, dtype=torch.float64), torch.tensor([3, 59, 0, 3])
    sums, sizes = torch.zeros(4, dtype=torch.float64), 0
    for _ in range(4000):
        sample = sampler.draw(targets)
        assert torch.equal(sample.symbols[sample.places], targets)
        sizes += int(sample.offsets.isfinite().sum())
        # The loss of each prediction is ln Z - its target's logit.
        for row, target in enumerate(targets.tolist()):
            one = Sample(sample.symbols, sample.offsets, sample.places[row : row + 1])
            nats = sampled_cross_entropy(logits[row : row + 1, sample.symbols], one)
            sums[row] += (nats + logits[row, target]).exp() / 4000
    torch.testing.assert_close(sums, logits.exp().sum(1), rtol=0.03, atol=0)
    assert sizes / 4000 == pytest.approx(20, abs=0.5)


def test_in_bfloat16_it_differs_by_rounding_only() -> None:
    torch.manual_seed(0)
    features, vectors = torch.randn(64, 16), torch.randn(1000, 16)
    sample = SymbolSampler(np.arange(1000), 100, CPU).draw(torch.randint(0, 1000, (64,)))
    exact = sampled_cross_entropy(project(features, vectors, None, sample.symbols), sample)
    with torch.autocast("cpu", torch.bfloat16):
        rounded = sampled_cross_entropy(project(features, vectors, None, sample.symbols), sample)
    assert rounded.dtype == torch.float32
    torch.testing.assert_close(rounded, exact, rtol=2e-3, atol=0)


def test_frequent_symbols_are_always_drawn() -> None:
    counts = np.array([10**6] * 3 + [0] * 1000)
    sampler = SymbolSampler(counts, 10, CPU)
    sample = sampler.draw(torch.tensor([500]))
    assert sample.symbols[:3].tolist() == [0, 1, 2]
    assert sample.offsets[:3].tolist() == [0, 0, 0]
    place = int(sample.places)
    assert int(sample.symbols[place]) == 500


@pytest.mark.parametrize(
    "network",
    [
        GPT2(GPT2Config(16, 1, 2, 32), 40),
        NeuralNgram(NeuralNgramConfig(context=1, width=8, hidden_width=8), 40),
        RecurrentTokens(RecurrentTokensConfig(width=8, num_blocks=1), 40),
    ],
    ids=lambda network: type(network).__name__,
)
def test_networks_return_the_logits_that_are_wanted(
    network: GPT2 | NeuralNgram | RecurrentTokens,
) -> None:
    symbols, wanted = torch.randint(0, 40, (2, 9)), torch.tensor([3, 17, 39])
    torch.testing.assert_close(network(symbols, wanted), network(symbols)[..., wanted])


def test_symbols_are_counted() -> None:
    files = {"a": [np.array([1, 1, 3, 0], np.uint16)], "b": [np.array([3, 3, 4], np.uint16)]}
    stream = WindowStream(files, {"a": 1.0, "b": 1.0}, 1, 0, 0, 0)
    assert stream.symbol_counts(6).tolist() == [1, 2, 0, 3, 1, 0]


CONFIG = """
[run]
steps = {}
micro_batch = 4
log_every = 1
checkpoint_every = 20
validate_every = 20

[model]
width = 16
num_blocks = 1
num_heads = 2
num_positions = 128
alphabet = "bytes"

[data]
window = 64
batch = 8
sampled_symbols = {}
validation_share = 0.1
validation_pieces = 3
validation_length = 100

[optimizer]
name = "muon"
rate = 0.01
"""


def train(folder: Path, steps: int, sampled: int, *more: str) -> int:
    path = folder / "small.toml"
    path.write_text(CONFIG.format(steps, sampled))
    data = [*map(str, write_data(folder / "data")), "--cache", str(folder / "cache")]
    place = ["-o", str(folder / "run"), "--device", "cpu", "-q", *more]
    return run(["train", "gpt2", *data, "--config", str(path), *place])


def test_a_training_learns_and_resumes_alike(tmp_path: Path) -> None:
    """What is validated is the whole softmax."""
    assert train(tmp_path, 40, 30) == 0
    run_folder = tmp_path / "run"
    measured = [one["metrics"]["mean"] for one in read_log(run_folder) if "metrics" in one]
    assert 8 > measured[0] > measured[1] + 0.2
    last = run_folder / "checkpoints" / "step-00000040"
    whole = load_file(last / "model.safetensors")
    shutil.rmtree(last)
    assert train(tmp_path, 40, 30, "--resume") == 0
    again = load_file(last / "model.safetensors")
    assert all(torch.equal(tensor, again[name]) for name, tensor in whole.items())


def test_bytes_of_the_byte_network_are_few(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.toml").write_text("[run]\nsteps = 3\n\n[data]\nsampled_symbols = 30\n")
    data = list(map(str, write_data(tmp_path / "data")))
    place = ["-o", str(tmp_path / "run"), "--config", str(tmp_path / "a.toml")]
    assert run(["train", "text", *data, *place]) == 2
    assert "there are 256 bytes only" in capsys.readouterr().err


def test_fewer_than_none() -> None:
    with pytest.raises(UsageError, match="is -1, but must be positive"):
        DataConfig(sampled_symbols=-1)
