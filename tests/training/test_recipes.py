"""Recipes: those of the package, of past trainings and of the article."""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import neurocomp
from neurocomp.errors import UsageError
from neurocomp.models.bytenet import NetworkModel
from neurocomp.training.config import parse
from neurocomp.training.recipes import KIND_KEY, read_configuration, recipes
from tests.training.test_config import KINDS

PACKAGE = Path(neurocomp.__file__).parent
ROOT = PACKAGE.parent
OTHERS = sorted(
    [*ROOT.glob("research/recipes/*.toml"), *ROOT.glob("benchmarks/**/*.toml")],
)


def configuration(path: Path) -> Any:
    kind = tomllib.loads(path.read_text(encoding="utf-8"))[KIND_KEY]
    return parse(KINDS[kind], read_configuration(str(path), kind))


@pytest.mark.parametrize("recipe", recipes(), ids=lambda recipe: recipe.name)
def test_the_package_s_are_configurations(recipe: Any) -> None:
    config = configuration(recipe.path)
    assert config == parse(KINDS[recipe.kind], read_configuration(recipe.name, recipe.kind))
    assert recipe.name.startswith(f"{recipe.kind}-"), "it is named by what it trains"
    assert recipe.summary.endswith(".")
    assert config.data.batch % config.run.micro_batch == 0


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: path.stem)
def test_all_others_are_configurations(path: Path) -> None:
    config = configuration(path)
    assert config.data.batch % config.run.micro_batch == 0
    assert path.read_text(encoding="utf-8").startswith("# ")


def test_there_are_some_of_every_kind() -> None:
    assert {one.kind for one in recipes()} == KINDS.keys()
    assert [one.name for one in recipes("recurrent")] == ["recurrent-4m"]
    assert len(recipes()) == len([*PACKAGE.glob("models/*/recipes/*.toml")])
    assert len(OTHERS) > 20


def test_no_two_have_one_name() -> None:
    names = Counter([one.name for one in recipes()] + [path.stem for path in OTHERS])
    assert max(names.values()) == 1


def test_weights_of_kinds_are_shares() -> None:
    for path in (*OTHERS, *(one.path for one in recipes())):
        weights = getattr(configuration(path).data, "weights", {})
        assert not weights or sum(weights.values()) == pytest.approx(1)


@pytest.mark.parametrize("name", ["text-s", "text-s-finetune"])
def test_the_recipes_of_the_shipped_network_fit_it(name: str) -> None:
    shipped = NetworkModel.shipped("text-s").config
    model = parse(KINDS["text"], read_configuration(name, "text")).model
    assert (model.width, model.num_blocks) == (shipped.width, shipped.num_blocks)
    assert model.context == shipped.context
    assert model.hashed == dict(shipped.hashed)


def test_the_kind_may_be_left_out() -> None:
    assert read_configuration("paper", "vae") == read_configuration("vae-paper", "vae")
    assert read_configuration("paper", "prior") == read_configuration("prior-paper", "prior")


def test_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "windows.toml"
    path.write_bytes(b"\xef\xbb\xbf[run]\r\nsteps = 5\r\n")
    assert read_configuration(str(path), "text") == {"run": {"steps": 5}}


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"name a \.toml file or one of text-s, text-s-finetune$"):
        read_configuration("nothing", "text")
    with pytest.raises(UsageError, match=r"no configuration text-z \(did you mean 'text-s'\?\)"):
        read_configuration("text-z", "text")
    with pytest.raises(UsageError, match=r"no configuration .*missing\.toml: name a"):
        read_configuration(str(tmp_path / "missing.toml"), "text")
    broken = tmp_path / "broken.toml"
    broken.write_text("[run")
    with pytest.raises(UsageError, match=r"broken\.toml is not TOML"):
        read_configuration(str(broken), "text")


def test_one_of_another_training() -> None:
    message = r"gpt2-4m is for another training: it says trains = 'gpt2', and this one is of 'text'"
    with pytest.raises(UsageError, match=message):
        read_configuration("gpt2-4m", "text")


def test_the_docs_name_them_all() -> None:
    text = (ROOT / "docs" / "training.md").read_text(encoding="utf-8")
    assert [one.name for one in recipes() if f"`{one.name}`" not in text] == []
