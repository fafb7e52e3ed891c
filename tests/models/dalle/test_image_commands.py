"""From images to tokens and back, by the commands."""

from __future__ import annotations

import dataclasses
import json
import tomllib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors.torch import load_file

from neurocomp.cli.entry import run
from neurocomp.models.dalle.autoencoders import build
from neurocomp.models.dalle.autoencoders.codes import encode_pixels
from neurocomp.models.dalle.autoencoders.stored import load_autoencoder
from neurocomp.models.dalle.pictures import write_tar
from neurocomp.models.dalle.rainbow import draw
from neurocomp.models.dalle.token_files import TokenSet, read_tokens, write_tokens
from neurocomp.models.dalle.training.config import VaeTrainingConfig
from neurocomp.models.dalle.training.plan import plan_autoencoder
from neurocomp.store.shipped import packaged_folder
from neurocomp.training.config import parse
from neurocomp.training.log import read_log
from tests.models.dalle.test_autoencoders import squares
from tests.training.runs import run_in_two_processes, steps_of

CONFIG = """
[run]
steps = 3
micro_batch = 4
log_every = 1

[model]
num_codes = 32
width = 8
code_width = 8

[data]
size = 16
batch = 8
training_share = 0.75
"""


def write_set(folder: Path) -> Path:
    images = squares()
    path = folder / "set.tar"
    write_tar(zip(images.captions, images.pixels, strict=True), path)
    (folder / "small.toml").write_text(CONFIG)
    return path


def train(folder: Path, *more: str) -> int:
    data, config = str(folder / "set.tar"), str(folder / "small.toml")
    place = ["-o", str(folder / "vae"), "--device", "cpu"]
    return run(["dalle", "train-vae", data, "--config", config, *place, *more])


def test_images_to_tokens_and_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = str(write_set(tmp_path))
    assert train(tmp_path) == 0
    assert "validation: psnr_hard" in capsys.readouterr().err
    assert train(tmp_path, "--resume", "--steps", "5", "-q") == 0
    assert len(steps_of(tmp_path / "vae")) == 5

    vae, tokens = str(tmp_path / "vae"), str(tmp_path / "x.tokens")
    assert run(["dalle", "tokenize", data, "--vae", vae, "-o", tokens]) == 0
    assert "48 images of 4 x 4 codes of 32" in capsys.readouterr().err
    content = Path(tokens).read_bytes()
    found = read_tokens(content)
    assert found.captions == squares().captions
    assert run(["dalle", "tokenize", data, "--vae", vae, "-o", tokens]) == 1
    assert "give -f" in capsys.readouterr().err
    assert run(["dalle", "tokenize", data, "--vae", vae, "-o", tokens, "-f", "-q"]) == 0
    assert Path(tokens).read_bytes() == content

    out = tmp_path / "out"
    assert run(["dalle", "render", tokens, "--vae", vae, "-o", str(out)]) == 0
    assert len(list(out.glob("*.png"))) == 49
    assert (out / "0003.txt").read_text().strip() == found.captions[3]
    with Image.open(out / "0000.png") as picture:
        assert picture.size == (16, 16)
    assert run(["dalle", "render", tokens, "--vae", vae, "-o", str(out)]) == 1
    many = ["--columns", "100000000", "-q", "-o", str(tmp_path / "wide")]
    assert run(["dalle", "render", tokens, "--vae", vae, *many]) == 0
    with Image.open(tmp_path / "wide" / "grid.png") as sheet:
        assert sheet.size == (48 * 18 + 2, 18 + 2)


def test_parts_and_images_alone(tmp_path: Path) -> None:
    data = str(write_set(tmp_path))
    assert train(tmp_path, "-q") == 0
    vae, sizes = str(tmp_path / "vae"), []
    for part in ("all", "training", "held-out"):
        target = tmp_path / f"{part}.tokens"
        options = ["--part", part, "-q", "-o", str(target)]
        assert run(["dalle", "tokenize", data, "--vae", vae, *options]) == 0
        sizes.append(len(read_tokens(target.read_bytes())))
    command = ["dalle", "tokenize", data, "--vae", vae, "--limit", "5", "-q"]
    assert run([*command, "-o", str(tmp_path / "five.tokens")]) == 0
    some = read_tokens((tmp_path / "five.tokens").read_bytes())
    assert len(some) == 5
    assert set(some.captions) < set(squares().captions)
    assert sizes[0] == sizes[1] + sizes[2] == 48
    assert min(sizes) > 0
    target = tmp_path / "mirrored.tokens"
    command = ["dalle", "tokenize", data, "--vae", vae, "--mirrored", "-q"]
    assert run([*command, "-o", str(target)]) == 0
    mirrored = read_tokens(target.read_bytes())
    captions = squares().captions
    swap = str.maketrans({"<": "right", ">": "left"})
    marked = (one.replace("left", "<").replace("right", ">") for one in captions)
    assert mirrored.captions == captions + tuple(one.translate(swap) for one in marked)
    network, exchanged = load_autoencoder(Path(vae)).network, squares().pixels[:1, :, ::-1]
    np.testing.assert_array_equal(encode_pixels(network, exchanged), mirrored.grids[48:49])
    target = tmp_path / "captions.tokens"
    command = ["dalle", "tokenize", data, "--vae", vae, "--no-images", "-q", "-o", str(target)]
    assert run(command) == 0
    assert read_tokens(target.read_bytes()).captions == squares().captions
    assert not read_tokens(target.read_bytes()).has_grids
    assert run([*command, "--no-captions", "-f"]) == 2
    assert run([*command[:-1], str(tmp_path / "no" / "x.tokens")]) == 2
    target = tmp_path / "alone.tokens"
    options = ["--no-captions", "-q", "-o", str(target)]
    assert run(["dalle", "tokenize", data, "--vae", vae, *options]) == 0
    assert read_tokens(target.read_bytes()).captions == ()
    assert run(["dalle", "tokenize", data, "--vae", vae, *options, "--part", "training", "-f"]) == 2


def test_parts_are_the_same_where_captions_were_not_read(tmp_path: Path) -> None:
    """The training parted single images; captions that are read later change nothing."""
    data = str(write_set(tmp_path))
    (tmp_path / "small.toml").write_text(CONFIG.replace("[data]", "[data]\ncaptions = false"))
    assert train(tmp_path, "-q") == 0
    stored = load_autoencoder(tmp_path / "vae")
    assert stored.group == "image"
    found = []
    for options in ([], ["--no-captions"]):
        target = tmp_path / f"part{len(options)}.tokens"
        command = ["dalle", "tokenize", data, "--vae", str(tmp_path / "vae"), "-q", *options]
        assert run([*command, "--part", "held-out", "-o", str(target)]) == 0
        found.append(read_tokens(target.read_bytes()).grids)
    np.testing.assert_array_equal(found[0], found[1])


def test_a_finished_run_keeps_its_measures(tmp_path: Path) -> None:
    write_set(tmp_path)
    assert train(tmp_path, "-q") == 0
    measures = load_autoencoder(tmp_path / "vae").measures
    assert train(tmp_path, "-q", "--resume") == 0
    again = load_autoencoder(tmp_path / "vae").measures
    assert again == pytest.approx(dict(measures), rel=1e-5)
    assert again


def test_the_wrong_autoencoder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_set(tmp_path)
    assert train(tmp_path, "-q") == 0
    tokens = TokenSet((), np.zeros((1, 4, 4), np.uint16), 32, bytes(range(32)))
    (tmp_path / "other.tokens").write_bytes(write_tokens(tokens))
    place = ["--vae", str(tmp_path / "vae"), "-o", str(tmp_path / "out")]
    assert run(["dalle", "render", str(tmp_path / "other.tokens"), *place]) == 2
    assert "tokens are of autoencoder 0001020304050607…" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_mistakes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_set(tmp_path)
    (tmp_path / "small.toml").write_text(CONFIG.replace("width = 8", "width = 9", 1))
    assert train(tmp_path) == 2
    assert "model.width is 9" in capsys.readouterr().err
    assert run(["dalle", "train-vae", str(tmp_path / "no"), "-o", str(tmp_path / "r")]) == 2
    assert "does not exist" in capsys.readouterr().err


def test_make_rainbow(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "rainbow.tar"
    assert run(["dalle", "make-rainbow", str(target)]) == 0
    assert "9216 captioned images" in capsys.readouterr().err
    assert run(["dalle", "make-rainbow", str(target)]) == 1
    capsys.readouterr()
    assert run(["dalle", "make-rainbow", str(tmp_path / "no" / "rainbow.tar")]) == 2
    assert "no is not a folder" in capsys.readouterr().err
    (tmp_path / "file.png").write_bytes(b"")
    assert run(["dalle", "make-rainbow", str(tmp_path / "file.png"), "-f"]) == 2
    assert "is a file" in capsys.readouterr().err


def test_eval_of_an_autoencoder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = str(write_set(tmp_path))
    assert train(tmp_path, "-q") == 0
    vae = str(tmp_path / "vae")
    assert run(["dalle", "eval", data, "--model", vae, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    # The training validated on the same images, with parameters that were not yet rounded.
    trained = read_log(tmp_path / "vae")[-1]["metrics"]
    assert report["measures"] == pytest.approx(trained, rel=0.05)
    assert report["num_latents"] == 16
    assert run(["dalle", "eval", data, "--model", vae, "--limit", "3"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("3 images of 16 latents")
    assert "psnr_hard" in out
    assert run(["dalle", "eval", "x.tokens", "--model", vae]) == 2
    assert "measured on images" in capsys.readouterr().err


def test_tokens_of_the_packaged_autoencoder(tmp_path: Path) -> None:
    """It is taken where none is named; a prior's folder serves for its autoencoder."""
    images = [
        ("a red square", draw("large", "solid", "red", "square", "at the top left", "sand"))
    ] * 2
    write_tar(iter(images), tmp_path / "two.tar")
    found = []
    for more in ([], ["--vae", str(packaged_folder("dalle") / "rainbow")]):
        target = tmp_path / "x.tokens"
        command = ["dalle", "tokenize", str(tmp_path / "two.tar"), "-f", "-q", *more]
        assert run([*command, "-o", str(target)]) == 0
        found.append(target.read_bytes())
    assert found[0] == found[1]
    assert read_tokens(found[0]).grids.shape == (2, 8, 8)
    assert run(["dalle", "render", str(target), "-q", "-o", str(tmp_path / "out")]) == 0
    with Image.open(tmp_path / "out" / "0001.png") as picture:
        drawn = np.asarray(picture).astype(float)
    assert np.square(drawn - images[0][1]).mean() < 400  # 22 dB


def test_a_plan(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["dalle", "train-vae", "--plan", "--config", "paper"]) == 0
    out = capsys.readouterr().out
    # Those of the released model, which has its topology.
    assert "parameters: 97,6" in out
    assert "each of 8 processes with FSDP" in out
    assert run(["dalle", "train-vae", "--config", "rainbow"]) == 2
    assert "name DATA" in capsys.readouterr().err


def test_a_plan_counts_what_layers_return(tmp_path: Path) -> None:
    config = parse(VaeTrainingConfig, tomllib.loads(CONFIG))
    plan = plan_autoencoder(config)
    network = build(config.model)
    assert plan.num_parameters == sum(one.numel() for one in network.parameters())
    doubled = dataclasses.replace(config.run, micro_batch=8)
    twice = plan_autoencoder(dataclasses.replace(config, run=doubled))
    assert twice.activation_bytes == 2 * plan.activation_bytes
    # At least the decoder's last two layers, 16 x 16 pixels of 8 channels and of 6.
    assert plan.activation_bytes > 4 * 16 * 16 * (8 + 6) * 2


Steps = list[tuple[int, float, float]]


def train_twice(folder: Path, kind: str, sharding: str) -> Steps:
    """Train in two processes that torchrun starts; return the losses."""
    folder.mkdir()
    write_set(folder)
    write_kind(folder, kind)
    command = ["dalle", "train-vae", str(folder / "set.tar"), "-q", "--device", "cpu"]
    command += ["--config", str(folder / "small.toml"), "-o", str(folder / "vae")]
    command += ["--sharding", sharding]
    run_in_two_processes(command)
    assert load_autoencoder(folder / "vae").measures["psnr_hard"] > 0
    return steps_of(folder / "vae")


def write_kind(folder: Path, kind: str) -> None:
    config = CONFIG.replace("[model]", f"[model]\n{kind}")
    (folder / "small.toml").write_text(f"{config}\n[loss]\nrevive_every = 2\n")


@pytest.mark.parametrize("sharding", ["ddp", pytest.param("fsdp", marks=pytest.mark.slow)])
def test_two_processes_do_what_one_does(tmp_path: Path, sharding: str) -> None:
    """Noise is other in each process, and moving averages move with each micro-batch: neither."""
    kind = 'kind = "vqvae"\nmoving_average = false'
    (tmp_path / "one").mkdir()
    write_set(tmp_path / "one")
    write_kind(tmp_path / "one", kind)
    assert train(tmp_path / "one", "-q") == 0
    found = train_twice(tmp_path / "two", kind, sharding)
    np.testing.assert_allclose(found, steps_of(tmp_path / "one" / "vae"), rtol=0.01)
    for folder in ("one", "two"):  # three steps of 8 images of 16 codes, whoever took them
        stored = load_file(tmp_path / folder / "vae/checkpoints/step-00000003/model.safetensors")
        assert stored["usage"].sum() == 3 * 8 * 16


@pytest.mark.parametrize("kind", ["dvae", pytest.param("vqvae", marks=pytest.mark.slow)])
def test_shares_of_parameters_do_what_whole_ones_do(tmp_path: Path, kind: str) -> None:
    """The two processes of FSDP have the noise of those of DDP."""
    found = [train_twice(tmp_path / one, f'kind = "{kind}"', one) for one in ("ddp", "fsdp")]
    np.testing.assert_allclose(found[0], found[1], rtol=1e-3)
