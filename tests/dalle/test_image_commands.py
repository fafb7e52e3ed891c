"""From images to tokens and back, by the commands."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from neurocomp.cli.entry import run
from neurocomp.dalle.datasets import write_tar
from neurocomp.symbols.tokens import TokenSet, read_tokens, write_tokens
from tests.dalle.test_autoencoders import squares
from tests.training.runs import steps_of

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


def test_parts_and_images_alone(tmp_path: Path) -> None:
    data = str(write_set(tmp_path))
    assert train(tmp_path, "-q") == 0
    vae, sizes = str(tmp_path / "vae"), []
    for part in ("all", "training", "held-out"):
        target = tmp_path / f"{part}.tokens"
        options = ["--part", part, "-q", "-o", str(target)]
        assert run(["dalle", "tokenize", data, "--vae", vae, *options]) == 0
        sizes.append(len(read_tokens(target.read_bytes())))
    assert sizes[0] == sizes[1] + sizes[2] == 48
    assert min(sizes) > 0
    target = tmp_path / "alone.tokens"
    options = ["--no-captions", "-q", "-o", str(target)]
    assert run(["dalle", "tokenize", data, "--vae", vae, *options]) == 0
    assert read_tokens(target.read_bytes()).captions == ()


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


def test_two_processes_do_what_one_does(tmp_path: Path) -> None:
    """Noise is other in each process, and moving averages move with each micro-batch: neither."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        write_set(tmp_path / name)
        config = CONFIG.replace("[model]", '[model]\nkind = "vqvae"\nmoving_average = false')
        (tmp_path / name / "small.toml").write_text(config)
    assert train(tmp_path / "one", "-q") == 0
    folder = tmp_path / "two"
    command = ["dalle", "train-vae", str(folder / "set.tar"), "-q", "--device", "cpu"]
    command += ["--config", str(folder / "small.toml"), "-o", str(folder / "vae")]
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.getcwd()}
    process = subprocess.run(
        [sys.executable, *launcher, "-m", "neurocomp", *command],
        env=environment,
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert process.returncode == 0, process.stderr.decode()
    for one, two in zip(steps_of(tmp_path / "one/vae"), steps_of(folder / "vae"), strict=True):
        assert two == pytest.approx(one, rel=0.01)
