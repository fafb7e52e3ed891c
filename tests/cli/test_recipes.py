"""``neurocomp recipes``: listed, shown, begun; and what is begun can be trained."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from neurocomp.cli.entry import run
from neurocomp.models.dalle.pictures import write_folder
from neurocomp.registry.trainings import TRAININGS
from neurocomp.training.config import parse
from neurocomp.training.fields import fields_of
from neurocomp.training.recipes import read_configuration, recipes
from tests.models.dalle.test_autoencoders import squares
from tests.training.runs import steps_of, write_data

Said = pytest.CaptureFixture[str]


def new(folder: Path, kind: str, *options: str) -> Path:
    path = folder / f"{kind}.toml"
    assert run(["recipes", "new", kind, "-o", str(path), "-f", "-q", *options]) == 0
    return path


def loaded(path: Path, kind: str) -> Any:
    config_class = TRAININGS[kind].training().config_class
    return parse(config_class, read_configuration(str(path), kind))


@pytest.mark.parametrize("kind", TRAININGS)
def test_a_new_recipe_has_every_field_with_its_meaning(kind: str, tmp_path: Path) -> None:
    path = new(tmp_path, kind)
    config, base = loaded(path, kind), TRAININGS[kind].recipe
    expected = read_configuration(base, kind)
    expected.get("data", {}).pop("weights", None)
    assert config == parse(type(config), expected)
    text = path.read_text(encoding="utf-8")
    words = " ".join(text.replace("#", " ").split())
    tables = tomllib.loads(text)
    for name in ("run", "model", "data", "optimizer"):
        for field in fields_of(type(getattr(config, name))):
            assert field.meaning in words, field.name
            assert field.name in tables[name] or f"[{name}.{field.name}]" in text


@pytest.mark.parametrize("recipe", recipes(), ids=lambda one: one.name)
def test_every_recipe_with_all_its_fields_means_the_same(recipe: Any, tmp_path: Path) -> None:
    path = new(tmp_path, recipe.kind, "--from", recipe.name)
    assert loaded(path, recipe.kind) == loaded(recipe.path, recipe.kind)


@pytest.mark.parametrize(
    ("size", "factor"), [(32, 4), (64, 4), (128, 4), (256, 8), (512, 16), (1024, 16)]
)
def test_the_size_of_images(size: int, factor: int, tmp_path: Path) -> None:
    config = loaded(new(tmp_path, "vae", "--size", str(size), "--steps", "7"), "vae")
    assert (config.data.size, config.model.factor, config.run.steps) == (size, factor, 7)


def test_mistakes(tmp_path: Path, capsys: Said) -> None:
    def says(message: str, *command: str) -> None:
        assert run(["recipes", *command]) != 0
        assert message in capsys.readouterr().err

    target = str(tmp_path / "x.toml")
    says("no training 'vqe' (did you mean 'vae'?)", "new", "vqe", "-o", target)
    says(
        "--size is the size of images, which a text recipe",
        "new",
        "text",
        "--size",
        "64",
        "-o",
        target,
    )
    says("data.size is 33, but must be a mul", "new", "vae", "--size", "33", "-o", target)
    says("does not end in .toml", "new", "vae", "-o", str(tmp_path / "x.txt"))
    says("no configuration emojis (did you", "new", "vae", "--from", "emojis", "-o", target)
    says("no recipe text-z (did you mean 'text-s'?)", "show", "text-z")
    says("no training 'gpt' (did you mean 'gpt2'?)", "list", "gpt")
    assert not Path(target).exists()
    path = new(tmp_path, "vae")
    says("already exists", "new", "vae", "-o", str(path))
    says("is the input", "new", "vae", "--from", str(path), "-o", str(path), "-f")
    path.write_text(path.read_text().replace("\nfactor =", "\nfactr ="))
    says("[model] has an unknown key 'factr' (did you mean 'factor'?)", "show", "--full", str(path))
    path.write_text("[run]\nsteps = 4\n")
    says("no training ''", "show", "--full", str(path))


def test_list_and_show(tmp_path: Path, capsys: Said) -> None:
    assert run(["recipes", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[1:]].sort() == [one.name for one in recipes()].sort()
    assert run(["recipes", "list", "prior"]) == 0
    assert "text-s" not in capsys.readouterr().out
    assert run(["recipes", "show", "text-s"]) == 0
    shown = capsys.readouterr().out
    (recipe,) = [one for one in recipes() if one.name == "text-s"]
    assert shown == recipe.path.read_text(encoding="utf-8")
    assert run(["recipes", "show", "text-s", "--full"]) == 0
    full = tmp_path / "full.toml"
    full.write_text(capsys.readouterr().out)
    assert loaded(full, "text") == loaded(recipe.path, "text")


def smaller(path: Path, **values: object) -> None:
    """Edit fields of a recipe, as a user would."""
    lines = path.read_text(encoding="utf-8").splitlines()
    for name, value in values.items():
        (place,) = [n for n, line in enumerate(lines) if line.startswith(f"{name} = ")]
        lines[place] = f"{name} = {value}"
    path.write_text("\n".join(lines), encoding="utf-8")


def test_a_new_recipe_is_trained(tmp_path: Path, capsys: Said) -> None:
    path = new(tmp_path, "text", "--steps", "3")
    smaller(path, width=16, num_blocks=1, window=64, batch=8, micro_batch=4, log_every=1)
    smaller(path, validation_length=128)
    data = [str(one) for one in write_data(tmp_path / "data")]
    place = ["-o", str(tmp_path / "run"), "--cache", str(tmp_path / "cache"), "--device", "cpu"]
    assert run(["train", "text", *data, "--config", str(path), *place]) == 0
    assert "validation: prose" in capsys.readouterr().err
    assert len(steps_of(tmp_path / "run")) == 3


def test_the_path_of_the_docs_validates(
    tmp_path: Path, capsys: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commands of docs/dalle.md for images of one's own, in its order, on a few of them."""
    images = squares()
    write_folder(zip(images.captions, images.pixels, strict=True), tmp_path / "images")
    monkeypatch.chdir(tmp_path)
    document = Path(__file__).parents[2] / "docs" / "dalle.md"
    block = document.read_text(encoding="utf-8").partition("## Images of your own")[2]
    block = block.partition("\n## ")[0]
    lines = [line[2:] for line in block.splitlines() if line.startswith("$ neurocomp ")]
    commands = [line.split("#")[0].split()[1:] for line in lines]
    assert [one[1] for one in commands if one[0] == "dalle"] == [
        *("train-vae", "tokenize", "tokenize", "train-prior", "eval"),
    ]
    for command in commands:
        is_training = "train-vae" in command or "train-prior" in command
        more = ["--device", "cpu", "--steps", "3"] if is_training else []
        assert run([*command, *more]) == 0, command
        said = capsys.readouterr().err
        if command[:2] == ["recipes", "new"]:
            toml = Path(command[command.index("-o") + 1])
            smaller(toml, width=16, num_blocks=1, batch=8, micro_batch=4)
            if command[2] == "vae":
                smaller(toml, code_width=8, num_codes=16, size=16)
            else:
                smaller(toml, num_heads=2, vocabulary=300, text_length=8)
        if is_training:
            assert "warning" not in said
            assert "validation: " in said
    restored = tmp_path / "held-out.tokens"
    content = restored.read_bytes()
    restored.unlink()
    assert run(["decompress", "held-out.tokens.ncmp", "--model-path", "run", "-q"]) == 0
    assert restored.read_bytes() == content
