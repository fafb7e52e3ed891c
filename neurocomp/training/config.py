"""Configurations: frozen dataclasses read from TOML, checked once."""

from __future__ import annotations

import dataclasses
import difflib
import math
import types
import typing
from collections.abc import Iterable
from typing import Any, TypeVar

from neurocomp.errors import UsageError

MAX_COUNT = 1 << 31
"""Most steps, samples and the like: more is a mistake, and would not fit in memory."""

Table = dict[str, Any]
T = TypeVar("T")


def parse(cls: type[T], table: Any, where: str = "") -> T:
    """Return the dataclass ``cls`` with the values of ``table``; dataclasses may be nested.

    Args:
        cls: a dataclass whose fields are bool, int, float, str, dictionaries of them by name,
            unions of those, or such dataclasses.
        table: values by name of field; what is missing takes its default.
        where: name of the table, for messages.

    Raises:
        UsageError: a key is unknown or missing, or a value has the wrong type, is not finite or is
            out of range.
    """
    title = f"[{where}]" if where else "the configuration"
    if not isinstance(table, dict):
        raise UsageError(f"{where} is {table!r}, not a table: write {title}")
    types_by_name = typing.get_type_hints(cls)
    fields = {field.name: field for field in dataclasses.fields(typing.cast(Any, cls))}
    for key in table:
        if key not in fields:
            raise UsageError(
                f"{title} has an unknown key {key!r}{did_you_mean(key, fields)}: it takes "
                f"{', '.join(fields)}"
            )
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
    if isinstance(value, float):
        require(math.isfinite(value), path, value, "a finite number")
    return value


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return " (did you mean …?)" with the nearest name that is known, if one is near."""
    found = difflib.get_close_matches(name, list(known), 1)
    return f" (did you mean {found[0]!r}?)" if found else ""


def require(condition: bool, path: str, value: object, demand: str) -> None:
    """Raise a `UsageError` that says what ``path`` must be, unless ``condition`` holds."""
    if not condition:
        raise UsageError(f"{path} is {value!r}, but must be {demand}")


def require_count(path: str, value: int) -> None:
    """Raise a `UsageError` unless ``value`` is 1 to `MAX_COUNT`."""
    require(1 <= value <= MAX_COUNT, path, value, f"positive, {MAX_COUNT:,} at most")


@dataclasses.dataclass(frozen=True)
class OptimizerConfig:
    """The optimizer; see `neurocomp.training.optim`."""

    name: str = "adamw"
    """"adamw", or "muon" for the matrices of hidden layers and AdamW for everything else."""
    rate: float = 3e-3
    """Highest learning rate of AdamW."""
    matrix_rate: float = 0.02
    """Highest learning rate of Muon."""
    weight_decay: float = 0.05
    """Decoupled weight decay of hidden layers' matrices: times the rate at each step."""
    beta1: float = 0.9
    """Decay of AdamW's mean of gradients."""
    beta2: float = 0.97
    """Decay of AdamW's mean of squared gradients."""
    momentum: float = 0.95
    """Momentum of Muon."""
    clip: float = 1.0
    """Largest norm of a gradient; larger ones are scaled down to it."""
    warmup: float = 0.02
    """Share of the steps in which the rate rises from zero."""
    final: float = 0.05
    """The rate at the last step, at the end of the cosine, as a share of the highest."""

    def __post_init__(self) -> None:
        require(self.name in ("adamw", "muon"), "optimizer.name", self.name, "'adamw' or 'muon'")
        for name in ("rate", "matrix_rate", "clip"):
            value = getattr(self, name)
            finite = 0 < value < math.inf
            require(finite, f"optimizer.{name}", value, "positive and finite")
        for name in ("beta1", "beta2", "momentum", "warmup"):
            value = getattr(self, name)
            require(0 <= value < 1, f"optimizer.{name}", value, "at least 0 and below 1")
        require(0 <= self.final <= 1, "optimizer.final", self.final, "in 0..1")
        decay = self.weight_decay
        require(0 <= decay < math.inf, "optimizer.weight_decay", decay, "at least 0 and finite")


@dataclasses.dataclass(frozen=True)
class RunConfig:
    """Length of the run, and what it logs and saves."""

    steps: int
    """Updates of the parameters in the whole run."""
    micro_batch: int = 8
    """Windows (or images) that one process takes through the network at once."""
    seed: int = 0
    """Seed of the first parameters, the shuffle and all other random numbers."""
    precision: str = "auto"
    """"float32", "bfloat16" (autocast), or "auto": bfloat16 where the hardware has it."""
    log_every: int = 10
    """Steps between two lines of the log."""
    validate_every: int = 200
    """Steps between two validations; the last step has one too."""
    checkpoint_every: int = 200
    """Steps between two checkpoints; the last step has one too."""
    keep: int = 2
    """Checkpoints that are kept, the newest ones."""

    def __post_init__(self) -> None:
        counts = ("steps", "log_every", "validate_every", "checkpoint_every", "keep")
        for name in (*counts, "micro_batch"):
            require_count(f"run.{name}", getattr(self, name))
        most = (1 << 63) - 1
        require(0 <= self.seed <= most, "run.seed", self.seed, f"0 to {most}")
        allowed = ("auto", "float32", "bfloat16")
        require(self.precision in allowed, "run.precision", self.precision, f"one of {allowed}")


@dataclasses.dataclass(frozen=True)
class TrainingConfig:
    """The tables that every training has; its own class says of what kind model and data are."""

    run: RunConfig
    model: Any
    data: Any
    optimizer: OptimizerConfig
