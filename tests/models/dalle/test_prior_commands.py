"""``neurocomp dalle train-prior``, ``generate`` and ``eval``; one process and two."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from neurocomp.cli.entry import run
from neurocomp.models.dalle.autoencoders import AutoencoderConfig, build
from neurocomp.models.dalle.autoencoders.codes import encode_pixels
from neurocomp.models.dalle.autoencoders.stored import load_autoencoder, save_autoencoder
from neurocomp.models.dalle.images import CaptionedImages, exchange_sides, open_image
from neurocomp.models.dalle.pictures import png
from neurocomp.models.dalle.sampling import SamplingOptions, sample_grids
from neurocomp.models.dalle.token_files import TokenSet, read_tokens, write_tokens
from neurocomp.models.dalle.training.config import ImageDataConfig
from neurocomp.models.dalle.training.train_prior import PRIOR_NAME
from neurocomp.registry.opening import open_dalle
from neurocomp.store.shipped import packaged_folder
from neurocomp.training.log import read_log
from tests.models.dalle.blocks import AUTOENCODER, NO_GRIDS, NUM_CODES, blocks
from tests.training.runs import run_in_two_processes, steps_of

CONFIG = """
[run]
steps = 3
micro_batch = 4
log_every = 1

[model]
width = 16
num_blocks = 2
num_heads = 2
text_length = 10
vocabulary = 270
kernel = 3
dropout = {dropout}
checkpointing = true

[data]
batch = 16

[optimizer]
name = "adamw"
"""


def arguments(folder: Path, *more: str, dropout: float = 0.0) -> list[str]:
    """Write data and configuration; return the command line, whose run goes to folder/run."""
    folder.mkdir(exist_ok=True)
    (folder / "x.tokens").write_bytes(write_tokens(blocks(100)))
    (folder / "small.toml").write_text(CONFIG.format(dropout=dropout))
    command = ["dalle", "train-prior", str(folder / "x.tokens"), "--device", "cpu"]
    options = ["--config", str(folder / "small.toml"), "-o", str(folder / "run")]
    return [*command, *options, *more]


def test_train_compress_and_decompress(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments(tmp_path, dropout=0.1)) == 0
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "step 3/3" in captured.err
    assert "latent_alone" in captured.err
    assert run(arguments(tmp_path)) == 2
    assert "resume it with --resume" in capsys.readouterr().err
    assert run(arguments(tmp_path, "--resume", "--steps", "5", "-q", dropout=0.1)) == 0
    assert len(steps_of(tmp_path / "run")) == 5
    source, model = str(tmp_path / "x.tokens"), str(tmp_path / "run")
    assert run(["compress", source, "--model", f"dalle:{model}", "--coder", "huffman"]) == 0
    back = tmp_path / "back.tokens"
    packed = f"{source}.ncmp"
    assert run(["decompress", packed, "-o", str(back), "--model-path", model]) == 0
    assert back.read_bytes() == Path(source).read_bytes()
    assert run(["compress", str(tmp_path / "small.toml"), "--model", f"dalle:{model}"]) != 0
    assert "codes token files only" in capsys.readouterr().err


def test_a_plan(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["dalle", "train-prior", "--plan", "--config", "paper"]) == 0
    assert "parameters: 12,293,836,160" in capsys.readouterr().out
    assert run(["dalle", "train-prior", "--plan", "--config", "rainbow"]) == 2
    assert "model.rows" in capsys.readouterr().err
    assert run(["dalle", "train-prior", "--config", "rainbow"]) == 2
    assert "name DATA" in capsys.readouterr().err


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of captioned images of 32 x 32 pixels."""
    folder = tmp_path_factory.mktemp("pictures")
    tokens = blocks(60, 4)
    for number, (caption, grid) in enumerate(zip(tokens.captions, tokens.grids, strict=True)):
        shades = np.repeat(np.repeat(grid, 8, 0), 8, 1)[..., None] * np.array([20, 15, 10])
        (folder / f"{number:02}.png").write_bytes(png(shades.astype(np.uint8)))
        (folder / f"{number:02}.txt").write_text(f"{caption} {number % 5}")
    return folder


@pytest.fixture(scope="module")
def autoencoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of an untrained autoencoder of 4 x 4 codes."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("autoencoder")
    config = AutoencoderConfig(factor=8, num_codes=NUM_CODES, width=4, code_width=4)
    data = ImageDataConfig(size=32, training_share=0.5)
    save_autoencoder(build(config), data, folder, {"reconstruction": 5.5})
    return folder


@pytest.fixture(scope="module")
def run_of_pictures(
    pictures: Path, autoencoder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Return the run of a prior of these images."""
    folder = tmp_path_factory.mktemp("pictures-run")
    command = arguments(folder, "--vae", str(autoencoder), "-q")
    command[2] = str(pictures)
    assert run(command) == 0
    return folder / "run"


def test_no_mirrored_image_is_one_that_is_held_out(autoencoder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "hands"
    folder.mkdir()
    captions = [f"{side} hand {number}" for number in range(20) for side in ("left", "right")]
    for number, caption in enumerate(captions):
        (folder / f"{number}.png").write_bytes(png(np.full((32, 32, 3), number, np.uint8)))
        (folder / f"{number}.txt").write_text(caption)
    found = {}
    for part, more in (("training", ["--mirrored"]), ("held-out", [])):
        target = tmp_path / f"{part}.tokens"
        command = ["dalle", "tokenize", str(folder), "--vae", str(autoencoder), "--part", part]
        assert run([*command, *more, "-q", "-o", str(target)]) == 0
        found[part] = read_tokens(target.read_bytes()).captions
    held_out = set(found["held-out"])
    assert not held_out & set(found["training"])
    own = set(captions) - held_out
    alone = {one for one in own if exchange_sides(one) in held_out}
    assert alone
    assert len(found["training"]) == 2 * len(own) - len(alone)


def test_a_training_ends_with_the_bound(
    pictures: Path, autoencoder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = arguments(tmp_path, "--vae", str(autoencoder), "--steps", "1")
    command[2] = str(pictures)
    assert run(command) == 0
    line = capsys.readouterr().err.splitlines()[-1]
    assert "the autoencoder's training held out" in line
    bound, *parts = (float(one) for one in re.findall(r"\d+\.\d+", line))
    assert bound == pytest.approx(sum(parts), abs=2e-4)
    metrics = read_log(tmp_path / "run")[-1]["metrics"]
    dims = 3 * 32 * 32
    expected = [5.5, 16 * metrics["latent"] / dims, metrics["caption"] / dims]
    assert parts == pytest.approx(expected, abs=1e-4)


def test_generate(run_of_pictures: Path, tmp_path: Path) -> None:
    found = []
    for name in ("one", "two"):
        out = tmp_path / name
        captions = "a red block left | a blue block top"
        command = ["dalle", "generate", captions, "--model", str(run_of_pictures), "-q"]
        assert run([*command, "-n", "3", "--best", "2", "--seed", "4", "-o", str(out)]) == 0
        found.append((out / "samples.tokens").read_bytes())
    assert found[0] == found[1]
    tokens = read_tokens(found[0])
    assert tokens.captions == ("a red block left",) * 2 + ("a blue block top",) * 2
    assert tokens.grids.shape == (4, 4, 4)
    names = sorted(path.name for path in (tmp_path / "one").glob("*.png"))
    assert names == ["0000.png", "0001.png", "0002.png", "0003.png", "grid.png"]


def test_options_of_sampling(run_of_pictures: Path, tmp_path: Path) -> None:
    """The command draws as the library does, and each option changes something."""
    caption, model = "a red block left", open_dalle(str(run_of_pictures))
    found: list[np.ndarray[Any, Any]] = []
    every: list[dict[str, Any]] = [
        {},
        {"temperature": 0.02},
        {"top_k": 2},
        {"top_p": 0.3},
        {"guidance": 50.0},
    ]
    for options in every:
        more = [part for name, value in options.items() for part in (_option(name), str(value))]
        out = tmp_path / str(len(found))
        command = ["dalle", "generate", caption, "--model", str(run_of_pictures), "-q", *more]
        assert run([*command, "-n", "4", "--seed", "3", "-o", str(out)]) == 0
        found.append(read_tokens((out / "samples.tokens").read_bytes()).grids)
        drawn = sample_grids(model, [caption] * 4, SamplingOptions(seed=3, **options))
        np.testing.assert_array_equal(found[-1], drawn)
    assert len({grids.tobytes() for grids in found}) == len(found)


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")


def test_generate_overwrites_nothing_unasked(
    run_of_pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "0000.png").write_bytes(b"mine")
    command = ["dalle", "generate", "a red block left", "--model", str(run_of_pictures)]
    assert run([*command, "-n", "1", "-o", str(tmp_path)]) == 1
    assert "give -f" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["0000.png"]
    assert (tmp_path / "0000.png").read_bytes() == b"mine"
    assert run([*command, "-n", "1", "-f", "-o", str(tmp_path)]) == 0
    assert (tmp_path / "0000.png").read_bytes() != b"mine"


def test_generate_tells_what_is_not_read(
    run_of_pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["dalle", "generate", "a red block " * 30, "--model", str(run_of_pictures)]
    assert run([*command, "-n", "1", "-o", str(tmp_path / "out")]) == 0
    assert re.search(r"the first \d+ of \d+ tokens are read", capsys.readouterr().err)


def test_generate_with_a_prime(
    run_of_pictures: Path, pictures: Path, autoencoder: Path, tmp_path: Path
) -> None:
    command = ["dalle", "generate", "a red block left", "--model", str(run_of_pictures), "-q"]
    prime = ["--prime", str(pictures / "00.png"), "--prime-rows", "3"]
    assert run([*command, *prime, "-n", "4", "-o", str(tmp_path)]) == 0
    grids = read_tokens((tmp_path / "samples.tokens").read_bytes()).grids
    stored = load_autoencoder(autoencoder)
    pixels = open_image((pictures / "00.png").read_bytes(), stored.options)
    expected = encode_pixels(stored.network, pixels[None])[0]
    assert (grids[:, :3] == expected[:3]).all()
    assert run([*command, *prime[:2], "--prime-rows", "5", "-o", str(tmp_path), "-f"]) == 2


def test_generate_mistakes(
    prior_run: Path, autoencoder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["dalle", "generate", "a", "-o", str(tmp_path / "out")]
    assert run([*command, "--model", str(tmp_path)]) == 1
    assert "train-prior" in capsys.readouterr().err
    assert run([*command, "--temperature", "-1"]) == 2
    assert "temperature" in capsys.readouterr().err
    assert run([*command, "--model", str(prior_run)]) == 2
    assert "not the folder of an autoencoder" in capsys.readouterr().err
    assert run([*command, "--model", str(prior_run), "--vae", str(autoencoder)]) == 2
    assert "the prior knows the codes of" in capsys.readouterr().err
    assert run([*command, "-n", "2", "--best", "3"]) == 2
    assert "--best 3 of 2 images" in capsys.readouterr().err
    assert run([*command, "--prime-rows", "3"]) == 2
    assert "name it with --prime" in capsys.readouterr().err
    assert run([*command, "--clip", str(tmp_path / "none")]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "no CLIP" in line
    assert not (tmp_path / "out").exists()


def test_eval_of_images_tells_the_bound(
    run_of_pictures: Path, pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["dalle", "eval", str(pictures), "--model", str(run_of_pictures)]
    assert run([*command, "--limit", "12", "--samples", "2", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    parts = [value for name, value in report["measures"].items() if "bits per dim" in name]
    assert report["num_images"] == 12
    assert parts[3] == pytest.approx(sum(parts[:3]))
    codes = report["measures"]["prior, given captions"] * 16 / (32 * 32 * 3)
    assert parts[1] == pytest.approx(codes)


def test_images_without_captions(
    pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both trainings and the measuring take images that have none."""
    folder, vae = tmp_path / "pictures", tmp_path / "vae"
    folder.mkdir()
    for path in pictures.glob("*.png"):
        (folder / path.name).write_bytes(path.read_bytes())
    vae.mkdir()
    config = AutoencoderConfig(factor=8, num_codes=NUM_CODES, width=4, code_width=4)
    data = ImageDataConfig(size=32, training_share=0.5, captions=False)
    save_autoencoder(build(config), data, vae)
    command = arguments(tmp_path, "--vae", str(vae), "--steps", "1", "-q")
    command[2] = str(folder)
    assert run(command) == 2
    assert "no caption" in capsys.readouterr().err
    assert run([*command, "--no-captions"]) == 0
    for model in (vae, tmp_path / "run"):
        command = ["dalle", "eval", str(folder), "--model", str(model), "--no-captions"]
        assert run(command) == 0
    assert "prior, images alone" in capsys.readouterr().out


def test_eval_refuses_options_of_something_else(
    prior_run: Path,
    run_of_pictures: Path,
    pictures: Path,
    autoencoder: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run_of_prior = ["--model", str(run_of_pictures)]
    for arguments_, why in (
        ([str(pictures), *run_of_prior, "--held-out-share", "0.5"], "for token files"),
        (["x.tokens", "--model", str(prior_run), "--no-captions"], "--no-captions is for images"),
        ([str(pictures), "--model", str(autoencoder), "--training", "x.tokens"], "for a prior"),
        ([str(pictures), "--model", str(autoencoder), "--samples", "3"], "for a prior"),
    ):
        assert run(["dalle", "eval", *arguments_]) == 2
        assert why in capsys.readouterr().err


def test_images_need_an_autoencoder(
    pictures: Path, autoencoder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = arguments(tmp_path)
    command[2] = str(pictures)
    assert run(command) == 2
    assert "--vae" in capsys.readouterr().err
    assert run(arguments(tmp_path, "--vae", str(autoencoder))) == 2
    assert "another autoencoder" in capsys.readouterr().err
    command = arguments(tmp_path, "--vae", str(autoencoder), "--held-out", "none.tokens")
    command[2] = str(pictures)
    assert run(command) == 2
    assert "--held-out is for token files" in capsys.readouterr().err


def test_the_packaged_autoencoder_goes_with_its_codes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rainbow = packaged_folder("dalle") / "rainbow" / "autoencoder"
    stored = load_autoencoder(rainbow)
    tokens = blocks(40)
    num_codes = stored.network.config.num_codes
    grids = np.tile(tokens.grids, (1, 2, 2))
    content = write_tokens(TokenSet(tokens.captions, grids, num_codes, stored.sha256))
    command = arguments(tmp_path, "--steps", "1")
    Path(command[2]).write_bytes(content)
    assert run(command) == 0
    assert load_autoencoder(tmp_path / "run" / "autoencoder").sha256 == stored.sha256
    # What it kept of its own images says nothing about these.
    assert "bound" not in capsys.readouterr().err
    named = arguments(tmp_path / "named", "--steps", "1", "--vae", "rainbow")
    named[2] = command[2]
    assert run(named) == 0
    assert "bound" in capsys.readouterr().err
    assert run(arguments(tmp_path / "other", "--steps", "1")) == 0
    assert "the run has no autoencoder" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("tokens", "why"),
    [
        (TokenSet((), blocks(3).grids, NUM_CODES, bytes(32)), "another autoencoder"),
        (TokenSet((), blocks(3).grids[:, :2], NUM_CODES, AUTOENCODER), r"grids of \(2, 4\)"),
        (TokenSet((), blocks(3).grids, 99, AUTOENCODER), "99 codes"),
        (TokenSet(("a",), np.zeros((0, 0, 0), np.uint16), 0), "no images to validate on"),
    ],
)
def test_what_is_held_out_must_be_like_the_data(
    tokens: TokenSet, why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "held-out.tokens").write_bytes(write_tokens(tokens))
    command = arguments(tmp_path, "--held-out", str(tmp_path / "held-out.tokens"))
    assert run(command) == 2
    assert re.search(why, capsys.readouterr().err)
    assert not list((tmp_path / "run").glob("checkpoints/*"))


def test_images_that_are_all_held_out(
    autoencoder: Path, run_of_pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    captions = [f"a red block {number}" for number in range(20)]
    images = CaptionedImages(tuple(captions), tuple(captions), np.zeros((20, 32, 32, 3), np.uint8))
    held_out = images.part("held-out", 0.5, "caption")
    assert len(held_out)
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number, caption in enumerate(held_out.captions):
        (folder / f"{number}.png").write_bytes(png(held_out.pixels[number]))
        (folder / f"{number}.txt").write_text(caption)
    command = ["dalle", "eval", str(folder), "--model", str(run_of_pictures), "--samples", "1"]
    assert run(command) == 0
    assert f"{len(held_out)} images" in capsys.readouterr().out
    command = arguments(tmp_path, "--vae", str(autoencoder))
    command[2] = str(folder)
    assert run(command) == 2
    assert "no image that the autoencoder was trained on" in capsys.readouterr().err


def test_eval(prior_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    training, held_out = tmp_path / "training.tokens", tmp_path / "held-out.tokens"
    training.write_bytes(write_tokens(blocks(200)))
    held_out.write_bytes(write_tokens(blocks(120, 1)))
    command = ["dalle", "eval", str(held_out), "--model", str(prior_run)]
    more = ["--training", str(training), "--samples", "4"]
    assert run([*command, *more, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    measures = report["measures"]
    order = [
        *("prior, given captions", "prior, images alone", "contexts, trained"),
        *("contexts, adaptive", "unigram, adaptive", "uniform"),
    ]
    values = [measures[name] for name in order]
    assert values == sorted(values)
    assert len(set(values)) == len(values)
    for what in ("given captions", "images alone"):
        # What the set has shown may be no help where the prior knows all.
        assert measures[f"coded, {what}"] < 1.02 * measures[f"prior, {what}"]
    for size in report["sizes"]:
        if size["coder"] == "arithmetic" and size["ideal_bytes"]:
            assert 0 < size["payload_bytes"] - size["ideal_bytes"] < 4
    assert run([*command, "--limit", "10"]) == 0
    assert "10 images of 16 latents" in capsys.readouterr().out
    other = tmp_path / "other.tokens"
    other.write_bytes(write_tokens(TokenSet((), blocks(3).grids, NUM_CODES, bytes(32))))
    assert run(["dalle", "eval", str(other), "--model", str(prior_run)]) == 2
    assert "autoencoder" in capsys.readouterr().err
    for tokens, why in (
        (TokenSet(blocks(3).captions, NO_GRIDS, 0), "captions only"),
        (TokenSet((), blocks(3).grids, 60_000, AUTOENCODER), "of 60000"),
        (TokenSet((), blocks(3).grids[:, :3], NUM_CODES, AUTOENCODER), "grids of 3 x 4"),
    ):
        other.write_bytes(write_tokens(tokens))
        for measured in ([str(other)], [str(held_out), "--training", str(other)]):
            assert run(["dalle", "eval", *measured, "--model", str(prior_run)]) == 2
            assert why in capsys.readouterr().err


@pytest.mark.parametrize("sharding", [pytest.param("ddp", marks=pytest.mark.slow), "fsdp"])
def test_two_processes_do_what_one_does(tmp_path: Path, sharding: str) -> None:
    assert run(arguments(tmp_path / "one", "-q")) == 0
    command = arguments(tmp_path / "two", "-q", "--sharding", sharding)
    run_in_two_processes(command)
    single, double = (steps_of(tmp_path / name / "run") for name in ("one", "two"))
    assert len(single) == 3
    for left, right in zip(single, double, strict=True):
        assert left == pytest.approx(right, rel=1e-2)
    last = [read_log(tmp_path / name / "run")[-1]["metrics"] for name in ("one", "two")]
    assert last[0] == pytest.approx(last[1], rel=1e-2)
    assert (tmp_path / "two" / "run" / PRIOR_NAME).is_file()
