"""Configurations: frozen dataclasses read from TOML, checked once."""

from __future__ import annotations

import dataclasses
import tomllib
import types
import typing
from pathlib import Path
from typing import Any, TypeVar

from neurocomp.errors import UsageError

RECIPES = Path(__file__).with_name("recipes")
"""The folder of the configurations that come with the package."""

Table = dict[str, Any]
T = TypeVar("T")


def read_toml(name: str) -> Table:
    """Return the tables of a TOML file.

    Args:
        name: path of a file, or the name of a recipe of the package, such as "text-s".

    Raises:
        UsageError: there is no such file or recipe, or it is not TOML.
    """
    path = Path(name)
    if path.suffix != ".toml" and not path.is_file():
        path = RECIPES / f"{name}.toml"
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        recipes = ", ".join(sorted(recipe.stem for recipe in RECIPES.glob("*.toml")))
        raise UsageError(
            f"there is no configuration {name}: name a .toml file or one of {recipes}"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is not TOML: {error}") from None


def parse(cls: type[T], table: Any, where: str = "") -> T:
    """Return the dataclass ``cls`` with the values of ``table``; dataclasses may be nested.

    Args:
        cls: a dataclass whose fields are bool, int, float, str, dictionaries of them by name,
            unions of those, or such dataclasses.
        table: values by name of field; what is missing takes its default.
        where: name of the table, for messages.

    Raises:
        UsageError: a key is unknown or missing, or a value has the wrong type or is out of range.
    """
    title = f"[{where}]" if where else "the configuration"
    if not isinstance(table, dict):
        raise UsageError(f"{where} is {table!r}, not a table: write {title}")
    types_by_name = typing.get_type_hints(cls)
    fields = {field.name: field for field in dataclasses.fields(typing.cast(Any, cls))}
    for key in table:
        if key not in fields:
            raise UsageError(f"{title} has an unknown key {key!r}: it takes {', '.join(fields)}")
    values = {}
    for name, field in fields.items():
        path = f"{where}.{name}" if where else name
        if name in table:
            values[name] = _convert(types_by_name[name], table[name], path)
        elif dataclasses.is_dataclass(types_by_name[name]):
            values[name] = parse(typing.cast(type[Any], types_by_name[name]), {}, path)
        elif field.default is field.default_factory is dataclasses.MISSING:
            raise UsageError(f"{title} lacks {name}: set {path}")
    return cls(**values)


def _convert(expected: Any, value: Any, path: str) -> Any:
    if dataclasses.is_dataclass(expected):
        return parse(typing.cast(type[Any], expected), value, path)
    if typing.get_origin(expected) is dict:
        if not isinstance(value, dict):
            raise UsageError(f"{path} is {value!r}, not a table: write [{path}]")
        of_values = typing.get_args(expected)[1]
        return {key: _convert(of_values, one, f"{path}.{key}") for key, one in value.items()}
    options = typing.get_args(expected) if isinstance(expected, types.UnionType) else (expected,)
    if float in options and type(value) is int:
        value = float(value)
    if type(value) not in options:
        names = " or ".join(option.__name__ for option in options)
        raise UsageError(f"{path} is {value!r}, not of type {names}")
    return value


def require(condition: bool, path: str, value: object, demand: str) -> None:
    """Raise a `UsageError` that says what ``path`` must be, unless ``condition`` holds."""
    if not condition:
        raise UsageError(f"{path} is {value!r}, but must be {demand}")


@dataclasses.dataclass(frozen=True)
class OptimizerConfig:
    """How parameters move; see `neurocomp.training.optim`."""

    name: str = "adamw"
    """"adamw", or "muon" for the matrices of hidden layers and AdamW for everything else."""
    rate: float = 3e-3
    """Highest learning rate of AdamW."""
    matrix_rate: float = 0.02
    """Highest learning rate of Muon."""
    weight_decay: float = 0.05
    beta1: float = 0.9
    beta2: float = 0.97
    momentum: float = 0.95
    """Of Muon."""
    clip: float = 1.0
    """Largest norm of a gradient; larger ones are scaled down to it."""
    warmup: float = 0.02
    """Share of the steps in which the rate rises from zero."""
    final: float = 0.05
    """What the cosine falls to by the last step, as a share of the highest rate."""

    def __post_init__(self) -> None:
        require(self.name in ("adamw", "muon"), "optimizer.name", self.name, "'adamw' or 'muon'")
        for name in ("rate", "matrix_rate", "clip"):
            value = getattr(self, name)
            require(value > 0, f"optimizer.{name}", value, "positive")
        for name in ("beta1", "beta2", "momentum", "warmup"):
            value = getattr(self, name)
            require(0 <= value < 1, f"optimizer.{name}", value, "at least 0 and below 1")
        require(0 <= self.final <= 1, "optimizer.final", self.final, "in 0..1")
        require(self.weight_decay >= 0, "optimizer.weight_decay", self.weight_decay, ">= 0")


@dataclasses.dataclass(frozen=True)
class RunConfig:
    """How long to train, and what to write down on the way."""

    steps: int
    """Updates of the parameters in the whole run."""
    micro_batch: int = 8
    """Windows (or images) that one process takes through the network at once."""
    seed: int = 0
    precision: str = "auto"
    """"float32", "bfloat16" (autocast), or "auto": bfloat16 where the hardware has it."""
    log_every: int = 10
    validate_every: int = 200
    checkpoint_every: int = 200
    keep: int = 2
    """Checkpoints that are kept, the newest ones."""

    def __post_init__(self) -> None:
        for name in ("steps", "micro_batch", "log_every", "validate_every", "keep"):
            value = getattr(self, name)
            require(value > 0, f"run.{name}", value, "positive")
        require(self.seed >= 0, "run.seed", self.seed, "at least 0")
        require(self.checkpoint_every > 0, "run.checkpoint_every", self.checkpoint_every, "> 0")
        allowed = ("auto", "float32", "bfloat16")
        require(self.precision in allowed, "run.precision", self.precision, f"one of {allowed}")
