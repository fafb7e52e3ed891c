"""Fréchet distances: of features with a closed form, by transformers, by torch-fidelity."""

from __future__ import annotations

import json
import pickle
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from neurocomp import extras
from neurocomp.cli.entry import run
from neurocomp.errors import FormatError, MissingPackageError, ModelNotFoundError, UsageError
from neurocomp.models.dalle.autoencoders.codes import decode_codes, encode_pixels
from neurocomp.models.dalle.autoencoders.stored import load_autoencoder
from neurocomp.models.dalle.sources import read_images
from neurocomp.models.dalle.training.distance import frechet_distance, image_distance
from tests.models.dalle.test_image_commands import train, write_set


def pictures(count: int = 40, seed: int = 0) -> np.ndarray[Any, np.dtype[np.uint8]]:
    rng = np.random.default_rng(seed)
    return np.kron(rng.integers(0, 256, (count, 4, 4, 3)), np.ones((1, 4, 4, 1))).astype(np.uint8)


def test_distances_with_a_closed_form() -> None:
    rng = np.random.default_rng(1)
    features = rng.normal(size=(500, 6)) @ rng.normal(size=(6, 6))
    assert frechet_distance(features, features) == pytest.approx(0, abs=1e-9)
    shift = rng.normal(size=6)
    assert frechet_distance(features, features + shift) == pytest.approx(shift @ shift)
    # Whitened features have the unit matrix, so that scales of axes are the whole difference.
    centred = features - features.mean(0)
    white = centred @ np.linalg.inv(np.linalg.cholesky(np.cov(centred, rowvar=False))).T
    first, second = rng.uniform(0.5, 3, (2, 6))
    expected = np.square(first - second).sum()
    assert frechet_distance(white * first, white * second) == pytest.approx(expected)
    assert frechet_distance(white * second, white * first) == pytest.approx(expected)
    few = white[:3]  # fewer than dimensions
    assert frechet_distance(few, few + 1) == pytest.approx(6)


def test_features_of_transformers(tmp_path: Path) -> None:
    from transformers import Dinov2Config, Dinov2Model

    torch.manual_seed(0)
    config = Dinov2Config(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, image_size=28, patch_size=14
    )
    Dinov2Model(config).save_pretrained(tmp_path)
    originals = pictures()
    noise = np.random.default_rng(2).normal(size=originals.shape)
    near, far = (np.clip(originals + one * noise, 0, 255).astype(np.uint8) for one in (10, 60))
    name = str(tmp_path)
    assert image_distance(name, originals, originals.copy()) == pytest.approx(0, abs=1e-6)
    distances = [image_distance(name, originals, one) for one in (near, far)]
    assert 0 < distances[0] < distances[1]
    with pytest.raises(ModelNotFoundError, match=r"name one that transformers reads, such as fac"):
        image_distance(str(tmp_path / "none"), originals, near)
    with pytest.raises(UsageError, match="needs 2 images and more"):
        image_distance(name, originals[:1], near[:1])
    with pytest.raises(UsageError, match="--inception is for --distance fid"):
        image_distance(name, originals, near, tmp_path / "model.safetensors")


class Hidden:
    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return print, ("run",)


def test_torch_fidelity_is_asked_for_the_distance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it is given, with a module in its place: its torchvision fits one torch only."""
    given: dict[str, Any] = {}

    def calculate_metrics(**values: Any) -> dict[str, float]:
        given.update(values)
        return {"frechet_inception_distance": 3.5}

    module = types.ModuleType("torch_fidelity")
    module.calculate_metrics = calculate_metrics  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "torch_fidelity", module)
    monkeypatch.setattr(extras, "has", lambda name: True)
    weights = tmp_path / "pt_inception.pth"
    torch.save({"fc.weight": torch.zeros(3)}, weights)
    originals, others = pictures(3), pictures(3, seed=1)
    assert image_distance("fid", originals, others, weights) == 3.5
    for name, pixels in (("input1", others), ("input2", originals)):
        assert len(given[name]) == 3
        image = given[name][2]
        assert (image.dtype, image.shape) == (torch.uint8, (3, 16, 16))
        np.testing.assert_array_equal(image.permute(1, 2, 0).numpy(), pixels[2])
    assert given["feature_extractor_weights_path"] == str(weights)
    assert (given["fid"], given["cache"]) == (True, False)
    weights.write_bytes(pickle.dumps(Hidden(), protocol=2))
    with pytest.raises(FormatError, match=r"pt_inception\.pth does not hold weights only"):
        image_distance("fid", originals, others, weights)

    def offline(**values: Any) -> dict[str, float]:
        raise OSError("no route to host")

    module.calculate_metrics = offline  # type: ignore[attr-defined]
    with pytest.raises(ModelNotFoundError, match=r"no route.*once; or fetch https.*6726825d\.pth"):
        image_distance("fid", originals, others)


@pytest.mark.slow
def test_torch_fidelity_itself(tmp_path: Path) -> None:
    """Its own Inception network, with random weights in a file of the published layout."""
    try:
        fidelity = pytest.importorskip("torch_fidelity.feature_extractor_inceptionv3")
    except RuntimeError:
        pytest.skip("torchvision is not of the torch that is here")

    class Empty(fidelity.FeatureExtractorInceptionV3):  # type: ignore[name-defined,misc]
        def load_state_dict(self, weights: Any) -> None:
            pass

    weights = tmp_path / "weights.pth"
    torch.save({}, weights)
    torch.manual_seed(0)
    network = Empty("empty", ["2048"], feature_extractor_weights_path=str(weights))
    torch.save(network.state_dict(), weights)
    originals, others = pictures(6), pictures(6, seed=1)
    found = image_distance("fid", originals, others, weights)
    features = [
        network(torch.from_numpy(one).permute(0, 3, 1, 2))[0].double().numpy()
        for one in (originals, others)
    ]
    assert found == pytest.approx(frechet_distance(*features), rel=1e-3, abs=1e-6)
    assert found > 0
    torch.save({"fc.weight": torch.zeros(3)}, weights)
    with pytest.raises(FormatError, match=r"has the weights of another network: Inception's are"):
        image_distance("fid", originals, others, weights)


def test_without_torch_fidelity(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "has", lambda name: name != "torch_fidelity")
    with pytest.raises(
        MissingPackageError, match=r"torch-fidelity, which is not.*neurocomp\[fid\]"
    ):
        image_distance("fid", pictures(2), pictures(2))
    # A torchvision that was built for another torch.
    monkeypatch.setattr(extras, "has", lambda name: True)
    monkeypatch.setitem(sys.modules, "torch_fidelity", None)
    with pytest.raises(MissingPackageError, match=r"install the torchvision that belongs to torch"):
        image_distance("fid", pictures(2), pictures(2))


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from transformers import Dinov2Config, Dinov2Model

    torch.manual_seed(0)
    config = Dinov2Config(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, image_size=28, patch_size=14
    )
    Dinov2Model(config).save_pretrained(tmp_path / "features")
    data = str(write_set(tmp_path))
    assert train(tmp_path, "-q") == 0
    vae, name = str(tmp_path / "vae"), str(tmp_path / "features")
    capsys.readouterr()
    assert run(["dalle", "eval", data, "--model", vae, "--distance", name, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["measures"]["distance, features"]
    assert found > 0
    stored = load_autoencoder(Path(vae))
    images = read_images(Path(data), stored.options)
    held_out = images.part("held-out", stored.training_share, stored.group).pixels
    again = decode_codes(stored.network, encode_pixels(stored.network, held_out))
    assert found == pytest.approx(image_distance(name, held_out, again))
    assert run(["dalle", "eval", "x.tokens", "--model", vae, "--distance", "fid"]) == 2
    assert "--distance compares images" in capsys.readouterr().err
    assert run(["dalle", "eval", data, "--model", vae, "--inception", f"{vae}/config.json"]) == 2
    assert "--inception is for --distance fid" in capsys.readouterr().err
