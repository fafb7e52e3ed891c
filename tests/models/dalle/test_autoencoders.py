"""Autoencoders learn, keep their promises, and are stored and resumed as they are."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from neurocomp.errors import FormatError, ModelMismatchError, UsageError
from neurocomp.models.dalle.autoencoders import AutoencoderConfig, build
from neurocomp.models.dalle.autoencoders.base import map_pixels, nats, unmap_pixels
from neurocomp.models.dalle.autoencoders.codes import (
    decode_codes,
    encode_pixels,
    reconstruction_bits,
)
from neurocomp.models.dalle.autoencoders.stored import load_autoencoder
from neurocomp.models.dalle.images import CaptionedImages
from neurocomp.models.dalle.rainbow import COLOURS, draw
from neurocomp.models.dalle.training.config import (
    ImageDataConfig,
    LossConfig,
    VaeTrainingConfig,
)
from neurocomp.models.dalle.training.train_vae import VaeTraining
from neurocomp.models.dalle.training.vae_measures import Measures, psnr
from neurocomp.models.dalle.training.vae_task import LEAST_DEVIATION, calibrate, temperature
from neurocomp.training.config import OptimizerConfig, RunConfig
from neurocomp.training.log import read_log
from neurocomp.training.record import RunPlace
from neurocomp.training.run import run_training
from tests.training.runs import steps_of

KINDS = [
    {"kind": "dvae"},
    {"kind": "vqvae", "decay": 0.9},
    {"kind": "vqvae", "moving_average": False},
    {"kind": "dvae", "likelihood": "logit-laplace"},
]
WITHOUT_A_CODEBOOK = {"kind": "fsq"}


def squares() -> CaptionedImages:
    """Large squares of all colours, in which little has to be learnt."""
    captions, images = [], []
    for colour in COLOURS:
        for position in ("at the top left", "at the bottom right"):
            for ground in ("sand", "sky"):
                captions.append(f"{colour} {position} {ground}")
                images.append(draw("large", "solid", colour, "square", position, ground))
    keys = tuple(map(str, range(len(images))))
    halves = np.stack(images).reshape(len(images), 16, 2, 16, 2, 3).mean((2, 4))
    return CaptionedImages(keys, tuple(captions), halves.astype(np.uint8))


def tiny_config(
    steps: int = 6, *, model: Any = None, loss: Any = None, **run: Any
) -> VaeTrainingConfig:
    shape = {"width": 16, "num_codes": 32, "code_width": 16, "first_kernel": 3, "likelihood": "mse"}
    return VaeTrainingConfig(
        run=RunConfig(**{"steps": steps, "micro_batch": 16, "log_every": 1, **run}),
        model=AutoencoderConfig(**{**shape, **(model or {})}),
        data=ImageDataConfig(size=16, batch=16, training_share=0.8),
        loss=LossConfig(**{"beta": 0.1, "beta_steps": 50, "balance": 1.0, **(loss or {})}),
        optimizer=OptimizerConfig(rate=5e-3, beta2=0.99, weight_decay=0.0),
    )


def train(config: VaeTrainingConfig, folder: Path, **place: Any) -> dict[str, float]:
    where = RunPlace(folder, device="cpu", **place)
    return run_training(VaeTraining(config, squares()), where, lambda message: None).metrics


@pytest.mark.parametrize(
    "model", [*KINDS, WITHOUT_A_CODEBOOK], ids=lambda one: "-".join(map(str, one.values()))
)
def test_it_learns_in_seconds(tmp_path: Path, model: dict[str, Any]) -> None:
    loss = {"first_temperature": 0.5, "revive_every": 50, "balance": 0.0}
    config = tiny_config(200, model=model, loss=loss, precision="float32", seed=1)
    measures = train(config, tmp_path / "run")
    images = squares()
    training, held_out = (images.part(one, 0.8, "caption") for one in ("training", "held-out"))
    mean = training.pixels.astype(np.float64).mean(0).round().astype(np.uint8)
    baseline = float(psnr(held_out.pixels, np.broadcast_to(mean, held_out.pixels.shape)).mean())
    # Without the latents, nothing would be better than the mean of all images.
    assert measures["psnr_hard"] > baseline + 1
    assert measures["codes_used"] > 3 / 32
    assert 0 < measures["perplexity"] <= measures["codes_used"] <= 1
    if model["kind"] != "dvae":  # whose posterior has no doubt
        assert measures["bound"] == pytest.approx(measures["bits_per_dim"])
    else:
        assert (
            measures["bound"] < measures["reconstruction"] + math.log2(32) * 16 / (16 * 16 * 3) + 1
        )
    assert (tmp_path / "run" / "loss.png").is_file()
    with Image.open(tmp_path / "run" / "reconstructions.png") as sheet:
        assert sheet.size == (6 * 18 + 2, 2 * 18 + 2)


@pytest.mark.parametrize("model", KINDS, ids=lambda one: "-".join(map(str, one.values())))
def test_codes_that_are_not_taken_can_be_left_out(tmp_path: Path, model: dict[str, Any]) -> None:
    for name, prune in (("all", False), ("used", True)):
        config = tiny_config(3, model=model, loss={"prune": prune}, precision="float32")
        train(config, tmp_path / name)
    whole, smaller = (load_autoencoder(tmp_path / name).network for name in ("all", "used"))
    images = squares().part("training", 0.8, "caption")
    codes, kept = (encode_pixels(network, images.pixels) for network in (whole, smaller))
    used, numbers = np.unique(codes, return_inverse=True)
    assert smaller.config.num_codes == len(used) < 32
    np.testing.assert_array_equal(kept, numbers.reshape(codes.shape))
    assert smaller.state_dict().keys() == whole.state_dict().keys()
    np.testing.assert_array_equal(decode_codes(whole, codes), decode_codes(smaller, kept))


def test_the_likelihood_is_calibrated_when_training_ends(tmp_path: Path) -> None:
    config = tiny_config(20, model={"deviation": 0.3}, precision="float32")
    train(config, tmp_path / "run")
    loaded = load_autoencoder(tmp_path / "run")
    stored, measures = loaded.network, loaded.measures
    images = squares()
    training, held_out = (images.part(one, 0.8, "caption") for one in ("training", "held-out"))
    again = decode_codes(stored, encode_pixels(stored, training.pixels))
    errors = (again.astype(np.float64) - training.pixels) / 255
    assert stored.config.deviation == pytest.approx(math.sqrt(np.square(errors).mean()), rel=5e-3)
    assert measures["reconstruction"] == pytest.approx(
        Measures(stored, torch.device("cpu")).of(held_out.pixels)["reconstruction"], abs=1e-2
    )
    # No other deviation makes the images that it was trained on likelier.
    codes = encode_pixels(stored, training.pixels)
    bits, shape = [], stored.config
    assert isinstance(shape, AutoencoderConfig)
    for factor in (0.9, 1.0, 1.1):
        other = build(dataclasses.replace(shape, deviation=factor * shape.deviation)).eval()
        other.load_state_dict(stored.state_dict())
        bits.append(reconstruction_bits(other, training.pixels, codes).sum())
    assert bits[1] < min(bits[0], bits[2])


def test_a_perfect_autoencoder_keeps_a_density_over_a_level() -> None:
    network = build(AutoencoderConfig(num_codes=2, width=4, likelihood="mse")).eval()
    pixels = decode_codes(network, np.zeros((1, 4, 4), np.uint16))
    network.encode = lambda images: torch.zeros(len(images), 4, 4, dtype=torch.int64)  # type: ignore[method-assign]
    assert calibrate(network, pixels).config.deviation == LEAST_DEVIATION


@torch.no_grad()
@pytest.mark.parametrize("factor", [2, 4, 8])
@pytest.mark.parametrize(
    "model", [*KINDS, WITHOUT_A_CODEBOOK], ids=lambda one: "-".join(map(str, one.values()))
)
def test_shapes_and_ranges(model: dict[str, Any], factor: int) -> None:
    network = build(AutoencoderConfig(**model, factor=factor, num_codes=128, width=8)).eval()
    images = torch.rand(2, 3, 32, 24)
    codes = network.encode(images)
    assert codes.dtype == torch.int64
    assert codes.shape == (2, 32 // factor, 24 // factor)
    assert 0 <= int(codes.min()) <= int(codes.max()) < 128
    again = network.decode(codes)
    assert again.shape == images.shape
    assert 0 <= float(again.min()) <= float(again.max()) <= 1
    terms = network(images, 1.0)
    # KL to the uniform prior: at most log2 K for each code, spread over its sub-pixels.
    most = math.log2(128) / (3 * factor * factor)
    assert 0 <= float(terms.divergence) <= most + 1e-6
    bits = network.hard_bits(images, codes) / images[0].numel()
    torch.testing.assert_close(bits.mean(), terms.reconstruction.detach())


def test_likelihoods_are_densities() -> None:
    levels = torch.linspace(0, 1, 4001, dtype=torch.float64).float()
    pixels = levels.view(1, 1, 1, -1).expand(1, 3, 1, -1)
    for likelihood, statistics in (
        ("logit-laplace", torch.tensor([0.3, 0.3, 0.3, -1.0, -1.0, -1.0])),
        ("mse", torch.tensor([0.1, 0.1, 0.1])),
    ):
        config = AutoencoderConfig(likelihood=likelihood)
        wide = statistics.view(1, -1, 1, 1).expand(-1, -1, 1, pixels.shape[3])
        density = 256 * torch.exp(-nats(config, wide, pixels))[0, 0, 0]
        total = torch.trapezoid(density, levels).item()
        # What logit-Laplace gives to values outside of the mapped pixels is lost.
        assert total == pytest.approx(1, abs=1e-3) if likelihood == "mse" else 0.8 < total <= 1.001
    torch.testing.assert_close(unmap_pixels(map_pixels(levels)), levels)


def test_temperature_falls_along_half_a_cosine() -> None:
    loss = LossConfig(temperature_steps=100)
    assert temperature(loss, 0, 1000) == 1
    assert temperature(loss, 50, 1000) == pytest.approx((1 + 1 / 16) / 2)
    assert temperature(loss, 100, 1000) == temperature(loss, 900, 1000) == 1 / 16


@pytest.mark.parametrize("model", KINDS, ids=lambda one: "-".join(map(str, one.values())))
def test_dead_codes_are_revived(model: dict[str, Any]) -> None:
    torch.manual_seed(0)
    is_learnt = model["kind"] == "dvae" or not model.get("moving_average", True)
    network = build(AutoencoderConfig(**model, num_codes=64, width=8, code_width=8)).eval()
    network(torch.rand(4, 3, 32, 32), 1.0)
    dead = network.usage == 0
    assert 0 < int(dead.sum()) < 64
    book = network.get_parameter("codebook") if is_learnt else network.get_buffer("codebook")
    before = book.detach().clone()
    assert network.revive(seed=3) == int(dead.sum())
    assert not network.usage.any()
    assert torch.equal(torch.ne(book, before).any(1), dead)


@pytest.mark.parametrize("narrow", [0, 1, 2, 3])
def test_how_far_a_narrow_encoder_sees(narrow: int) -> None:
    torch.manual_seed(0)
    config = AutoencoderConfig(
        kind="vqvae", num_codes=8, width=8, code_width=8, first_kernel=3, narrow_groups=narrow
    )
    network = build(config).eval()
    images = torch.rand(1, 3, 32, 32, requires_grad=True)
    encode = network.get_submodule("encoder")
    encode(images)[0, :, 4, 4].sum().backward()
    assert images.grad is not None
    seen = images.grad.abs().sum((0, 1)) > 0
    columns = seen.any(0).nonzero().flatten()
    # The code's own pixels are 16 to 19; a 3 x 3 convolution sees one further at its resolution.
    reach = {0: 1 + 3 + 2 * 3 + 4 * 3, 1: 1 + 3 + 2 * 3, 2: 1 + 3, 3: 1}[narrow]
    assert 16 - reach <= int(columns.min()) <= 16
    assert 19 <= int(columns.max()) <= 19 + reach
    if narrow < 2:
        assert int(columns.min()) < 16 - 4


def test_what_distorts_much_is_what_dead_codes_help() -> None:
    torch.manual_seed(0)
    config = AutoencoderConfig(kind="vqvae", num_codes=8, width=8, code_width=8)
    network = build(config)
    network.train()
    network(torch.rand(4, 3, 32, 32), 1.0)
    assert network.usage.sum() == 4 * 64
    assert torch.equal(network.distortion > 0, network.usage > 0)
    network.usage.copy_(torch.tensor([1000, 1, 0, 0, 0, 0, 0, 0]))
    network.distortion.copy_(torch.tensor([0.0, 5, 0, 0, 0, 0, 0, 0]))
    assert network.revive(seed=1) == 6
    assert not network.distortion.any()
    book = network.get_buffer("codebook")
    distances = torch.cdist(book[2:], book[:2])
    assert (distances[:, 1] < distances[:, 0]).all()


@pytest.mark.parametrize("model", KINDS[:2], ids=lambda one: str(one["kind"]))
def test_resuming_repeats_the_losses_bit_for_bit(tmp_path: Path, model: dict[str, Any]) -> None:
    config = tiny_config(7, model=model, loss={"revive_every": 2}, checkpoint_every=3)
    train(config, tmp_path / "whole")
    shorter = dataclasses.replace(config, run=dataclasses.replace(config.run, keep=9))
    train(shorter, tmp_path / "parts")
    last = tmp_path / "parts" / "checkpoints" / "step-00000007"
    for file in last.iterdir():
        file.unlink()
    last.rmdir()
    train(shorter, tmp_path / "parts", resume=True)
    assert steps_of(tmp_path / "parts") == steps_of(tmp_path / "whole")
    contents = [(tmp_path / name / "model.safetensors").read_bytes() for name in ("whole", "parts")]
    assert contents[0] == contents[1]


def test_the_stored_form(tmp_path: Path) -> None:
    run = tmp_path / "run"
    train(tiny_config(4), run)
    stored = load_autoencoder(run)
    content = (run / "model.safetensors").read_bytes()
    assert stored.sha256 == hashlib.sha256(content).digest()
    assert (stored.options.size, stored.training_share, stored.group) == (16, 0.8, "caption")
    num_parameters = sum(p.numel() for p in stored.network.parameters())
    assert len(content) < 2 * num_parameters + 8000
    (run / "model.safetensors").write_bytes(content[:-4])
    with pytest.raises(FormatError, match="not a whole autoencoder"):
        load_autoencoder(run)
    (run / "model.safetensors").write_bytes(content)
    fields = json.loads((run / "config.json").read_text())
    fields["model"]["width"] = 32
    (run / "config.json").write_text(json.dumps(fields))
    with pytest.raises(ModelMismatchError, match="not of the shape"):
        load_autoencoder(run)
    with pytest.raises(UsageError, match="train-vae"):
        load_autoencoder(tmp_path)


def test_validations_are_logged(tmp_path: Path) -> None:
    train(tiny_config(6, validate_every=3), tmp_path / "run")
    events = [e for e in read_log(tmp_path / "run") if e["event"] == "validation"]
    assert [event["step"] for event in events] == [3, 6]
    names = {"psnr_hard", "psnr_soft", "reconstruction", "kl", "bits_per_dim", "codes_used"}
    assert set(events[0]["metrics"]) == names | {"perplexity", "bound"}
    measures = load_autoencoder(tmp_path / "run").measures
    # Calibrated since.
    assert measures["reconstruction"] < events[1]["metrics"]["reconstruction"]
    assert measures.keys() == events[1]["metrics"].keys()


def test_codes_are_drawn_from_the_posterior() -> None:
    torch.manual_seed(0)
    config = AutoencoderConfig(num_codes=4, width=8, code_width=8)
    network = build(config).eval()
    images = torch.rand(1, 3, 8, 8).expand(2000, -1, -1, -1)
    drawn = network.draw(images)[:, 0, 0]
    shares = torch.bincount(drawn, minlength=4) / len(drawn)
    logits = network.encoder(map_pixels(images[:1]) - 0.5)  # type: ignore[operator]
    expected = torch.softmax(logits[0, :, 0, 0], 0)
    torch.testing.assert_close(shares, expected, atol=0.05, rtol=0)
    assert int(expected.argmax()) == int(network.encode(images[:1])[0, 0, 0])


def test_psnr() -> None:
    black = np.zeros((2, 4, 4, 3), np.uint8)
    other = black.copy()
    other[1] += 51
    np.testing.assert_allclose(psnr(black, other), [99, 20 * np.log10(5)])


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ({"kind": "gan"}, "model.kind"),
        ({"factor": 3}, "model.factor"),
        ({"num_codes": 1}, "model.num_codes"),
        ({"width": 30}, "model.width"),
        ({"likelihood": "l1"}, "model.likelihood"),
    ],
)
def test_wrong_configurations(model: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        AutoencoderConfig(**model)
    with pytest.raises(UsageError, match="Muon moves matrices"):
        dataclasses.replace(tiny_config(), optimizer=OptimizerConfig(name="muon"))
