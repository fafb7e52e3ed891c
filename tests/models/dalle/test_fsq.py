"""Codes without a codebook: levels, digits, gradients, and what can't be done with them."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import pytest
import torch

from neurocomp.errors import UsageError
from neurocomp.models.dalle.autoencoders import AutoencoderConfig, build
from neurocomp.models.dalle.autoencoders.config import fsq_levels
from neurocomp.models.dalle.autoencoders.fsq import FSQ
from neurocomp.models.dalle.autoencoders.stored import load_autoencoder, save_autoencoder
from neurocomp.models.dalle.training.config import ImageDataConfig, LossConfig
from tests.models.dalle.test_autoencoders import tiny_config


def network(num_codes: int = 240) -> FSQ:
    torch.manual_seed(0)
    found = build(AutoencoderConfig(kind="fsq", num_codes=num_codes, width=8, code_width=8))
    assert isinstance(found, FSQ)
    return found


def test_levels_have_the_number_of_codes_as_their_product() -> None:
    assert fsq_levels(1024) == (8, 8, 4, 4)
    assert fsq_levels(240) == (8, 6, 5)
    for count in (2, 3, 1000, 4096, 15360, 16384):
        levels = fsq_levels(count)
        assert math.prod(levels) == count
        assert max(levels) <= 8
    with pytest.raises(UsageError, match=r"num_codes is 22, but must be a product of numbers up"):
        AutoencoderConfig(kind="fsq", num_codes=22)


@torch.no_grad()
@pytest.mark.parametrize("num_codes", [6, 240, 1024])
def test_every_code_is_one_place_of_a_grid(num_codes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the decoder is given for a code is what an encoder that chose it was rounded to."""
    found = network(num_codes).eval()
    given: list[torch.Tensor] = []
    found.expansion.register_forward_pre_hook(lambda module, inputs: given.append(inputs[0]))
    codes = torch.arange(num_codes).view(1, 1, -1)
    found.statistics(codes)
    (places,) = given  # (1, d, 1, K) in -1..1
    assert places.abs().max() <= 1
    assert len({tuple(one) for one in places[0, :, 0].t().tolist()}) == num_codes
    levels = torch.tensor(fsq_levels(num_codes))
    numbers = places.permute(0, 2, 3, 1) * (levels // 2)
    assert torch.equal(numbers, numbers.round())
    # An encoder whose numbers are large, small or between them reaches all of a number's levels.
    reach = torch.linspace(-9, 9, 20_001).view(1, 1, -1, 1).expand(-1, len(levels), -1, 1)
    monkeypatch.setattr(found.encoder, "forward", lambda images: reach)
    bounded = found._bounded(torch.zeros(1, 3, 8, 8)).round()
    for number, level in enumerate(levels.tolist()):
        assert len(set(bounded[..., number].flatten().tolist())) == level
    assert torch.equal(found._codes(numbers), codes)


def test_gradients_go_past_the_rounding() -> None:
    found = network().train()
    terms = found(torch.rand(2, 3, 16, 16), 1.0)
    terms.reconstruction.backward()
    for name in ("encoder.input.weight", "encoder.output.weight", "expansion.weight"):
        gradient = found.get_parameter(name).grad
        assert gradient is not None
        assert gradient.abs().sum() > 0, name
    assert found.usage.sum() == 2 * 16
    assert found.revive(seed=0) == 0
    assert not found.usage.any()


def test_the_stored_form(tmp_path: Path) -> None:
    found = network()
    save_autoencoder(found, ImageDataConfig(size=16), tmp_path)
    stored = load_autoencoder(tmp_path).network
    images = torch.rand(2, 3, 16, 16)
    with torch.no_grad():
        half = found.half().float().eval()  # as it is stored
        assert torch.equal(half.encode(images), stored.encode(images))


def test_codes_can_not_be_left_out() -> None:
    config = tiny_config(model={"kind": "fsq"})
    with pytest.raises(UsageError, match=r"loss\.prune is True, but must be false for 'fsq'"):
        dataclasses.replace(config, loss=LossConfig(prune=True))
