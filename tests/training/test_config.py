"""Configurations and what is said about wrong ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from neurocomp.errors import UsageError
from neurocomp.models.recurrent import NetworkModel
from neurocomp.training.config import RECIPES, parse, read_toml
from neurocomp.training.dalle.prior_config import PriorTrainingConfig
from neurocomp.training.dalle.vae_config import VaeTrainingConfig
from neurocomp.training.text.config import (
    GPT2TrainingConfig,
    NeuralNgramTrainingConfig,
    RecurrentTrainingConfig,
    TextConfig,
)

KINDS: dict[str, type[Any]] = {
    "text": TextConfig,
    "gpt2": GPT2TrainingConfig,
    "neural": NeuralNgramTrainingConfig,
    "recurrent": RecurrentTrainingConfig,
    "vae": VaeTrainingConfig,
    "prior": PriorTrainingConfig,
}


@pytest.mark.parametrize("path", sorted(RECIPES.glob("*.toml")), ids=lambda path: path.stem)
def test_recipes_are_configurations(path: Path) -> None:
    kind = KINDS[path.stem.split("-")[0]]
    config: Any = parse(kind, read_toml(path.stem))
    assert config == parse(kind, read_toml(str(path)))
    if kind in (TextConfig, GPT2TrainingConfig) and config.data.weights:
        assert sum(config.data.weights.values()) == pytest.approx(1)


def test_missing_tables_take_defaults() -> None:
    config = parse(TextConfig, {"run": {"steps": 5}, "optimizer": {"rate": 1}})
    assert config.run.steps == 5
    assert config.optimizer.rate == 1.0
    assert config.data.weights == {}


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({}, r"\[run\] lacks steps: set run\.steps"),
        ({"run": {"steps": 5, "step": 3}}, r"\[run\] has an unknown key 'step': it takes steps"),
        ({"runs": {}}, "the configuration has an unknown key 'runs': it takes run, model"),
        ({"run": 3}, r"run is 3, not a table: write \[run\]"),
        ({"run": {"steps": "5"}}, r"run\.steps is '5', not of type int"),
        ({"run": {"steps": True}}, r"run\.steps is True, not of type int"),
        ({"run": {"steps": 0}}, r"run\.steps is 0, but must be positive"),
        ({"run": {"steps": 5, "precision": "int8"}}, r"run\.precision is 'int8', but must be one"),
        ({"optimizer": {"name": "sgd"}, "run": {"steps": 5}}, "but must be 'adamw' or 'muon'"),
        ({"optimizer": {"beta1": 1.0}, "run": {"steps": 5}}, r"optimizer\.beta1 is 1\.0"),
        ({"data": {"weights": {"prose": -1}}, "run": {"steps": 5}}, r"data\.weights\.prose is"),
        ({"data": {"weights": [1]}, "run": {"steps": 5}}, r"not a table: write \[data\.weights\]"),
    ],
)
def test_a_wrong_one_says_what_to_write(table: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parse(TextConfig, table)


def test_windows_longer_than_positions() -> None:
    parse(GPT2TrainingConfig, {"run": {"steps": 1}})
    with pytest.raises(UsageError, match="at least the 2000 symbols"):
        parse(GPT2TrainingConfig, {"run": {"steps": 1}, "data": {"window": 2000}})


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"name a \.toml file or one of gpt2-12m"):
        read_toml("nothing")
    broken = tmp_path / "broken.toml"
    broken.write_text("[run")
    with pytest.raises(UsageError, match=r"broken\.toml is not TOML"):
        read_toml(str(broken))


@pytest.mark.parametrize("name", ["text-s", "text-s-finetune"])
def test_the_recipes_of_the_shipped_network_fit_it(name: str) -> None:
    shipped = NetworkModel.shipped("text-s").config
    model = parse(TextConfig, read_toml(name)).model
    assert (model.width, model.num_blocks) == (shipped.width, shipped.num_blocks)
    assert model.context == shipped.context
    assert model.hashed == dict(shipped.hashed)
