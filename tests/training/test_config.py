"""Configurations and what is said about wrong ones."""

from __future__ import annotations

import dataclasses
import math
import typing
from typing import Any

import pytest

from neurocomp.errors import UsageError
from neurocomp.models.text.config import GPT2TrainingConfig, TextConfig
from neurocomp.registry.trainings import TRAININGS
from neurocomp.training.config import parse

KINDS: dict[str, type[Any]] = {
    name: kind.training().config_class for name, kind in TRAININGS.items()
}


def test_missing_tables_take_defaults() -> None:
    config = parse(TextConfig, {"run": {"steps": 5}, "optimizer": {"rate": 1}})
    assert config.run.steps == 5
    assert config.optimizer.rate == 1.0
    assert config.data.weights == {}


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({}, r"\[run\] lacks steps: set run\.steps"),
        (
            {"run": {"steps": 5, "step": 3}},
            r"\[run\] has an unknown key 'step' \(did you mean 'steps'\?\): it takes steps",
        ),
        ({"run": {"steps": 5, "colour": 3}}, r"\[run\] has an unknown key 'colour': it takes"),
        ({"modell": {}, "run": {"steps": 5}}, r"unknown key 'modell' \(did you mean 'model'\?\)"),
        ({"run": {"steps": 1 << 40}}, r"run\.steps is 1099511627776, but must be positive, 2,147"),
        ({"run": {"steps": 5, "seed": 1 << 70}}, r"run\.seed is 1180591\d+, but must be 0 to 922"),
        ({"run": {"steps": 5, "seed": -1}}, r"run\.seed is -1, but must be 0 to 922"),
        ({"run": {"steps": 5, "keep": 0}}, r"run\.keep is 0, but must be positive"),
        ({"optimizer": {"rate": math.inf}, "run": {"steps": 5}}, r"rate is inf, but must be a fin"),
        ({"optimizer": {"clip": math.nan}, "run": {"steps": 5}}, r"clip is nan, but must be a fin"),
        ({"optimizer": {"rate": -1}, "run": {"steps": 5}}, r"optimizer\.rate is -1\.0, but must"),
        ({"optimizer": {"rate": 0}, "run": {"steps": 5}}, r"optimizer\.rate is 0\.0, but must"),
        (
            {"optimizer": {"weight_decay": -math.inf}, "run": {"steps": 5}},
            r"decay is -inf, but must",
        ),
        ({"data": {"weights": {"a": math.inf}}, "run": {"steps": 5}}, r"weights\.a is inf, but"),
        ({"data": {"batch": 0}, "run": {"steps": 5}}, r"data\.batch is 0, but must be positive"),
        ({"data": {"validation_share": 1.5}, "run": {"steps": 5}}, r"validation_share is 1\.5"),
        ({"runs": {}}, "the configuration has an unknown key 'runs' .*: it takes run, model"),
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


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_no_configuration_takes_what_is_not_finite(value: float) -> None:
    for kind in KINDS.values():
        for table in dataclasses.fields(kind):
            cls: Any = typing.get_type_hints(kind)[table.name]
            for field in dataclasses.fields(cls):
                if typing.get_type_hints(cls)[field.name] is not float:
                    continue
                tables = {"run": {"steps": 5}}
                tables[table.name] = {**tables.get(table.name, {}), field.name: value}  # type: ignore[dict-item]
                with pytest.raises(UsageError, match=rf"^{table.name}\.{field.name} is "):
                    parse(kind, tables)


@pytest.mark.parametrize("value", [-1, 1 << 50])
def test_no_configuration_takes_absurd_counts(value: int) -> None:
    for kind in KINDS.values():
        for table in dataclasses.fields(kind):
            cls: Any = typing.get_type_hints(kind)[table.name]
            for field in dataclasses.fields(cls):
                is_count = typing.get_type_hints(cls)[field.name] is int
                if not is_count or (value > 0 and field.name == "seed"):
                    continue
                tables = {"run": {"steps": 5}}
                tables[table.name] = {**tables.get(table.name, {}), field.name: value}
                with pytest.raises(UsageError, match=rf"{table.name}\.{field.name} is "):
                    parse(kind, tables)


def test_windows_longer_than_positions() -> None:
    parse(GPT2TrainingConfig, {"run": {"steps": 1}})
    with pytest.raises(UsageError, match="at least the 2000 symbols"):
        parse(GPT2TrainingConfig, {"run": {"steps": 1}, "data": {"window": 2000}})
