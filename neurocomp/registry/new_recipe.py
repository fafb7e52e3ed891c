"""A recipe with every field, its meaning as a comment, and values that were checked."""

from __future__ import annotations

import dataclasses
import textwrap
import typing
from pathlib import Path
from typing import Any

from neurocomp.errors import UsageError
from neurocomp.registry.trainings import TrainingKind
from neurocomp.training.config import Table, parse
from neurocomp.training.fields import Field, fields_of, to_toml
from neurocomp.training.recipes import KIND_KEY, read_configuration

_COLUMNS = 96
_LARGEST_GRID = 32
"""Codes across an image; more of them, and a prior's attention takes most of its time."""
_FACTORS = (2, 4, 8, 16)


def new_recipe(
    kind: TrainingKind, base: str | None = None, size: int | None = None, steps: int | None = None
) -> str:
    """Return the TOML of a recipe to begin with.

    Args:
        kind: kind of the training.
        base: recipe or file whose values it takes; the kind's own, unless named.
        size: size of images, in pixels across and down.
        steps: number of steps of the run.

    Raises:
        UsageError: there is no such recipe, it is for another training, or a value can't be.
    """
    name = base or kind.recipe
    tables = read_configuration(name, kind.name)
    data = tables.setdefault("data", {})
    if base is None:
        data.pop("weights", None)  # of kinds of text that the user's files are not of
    if size is not None:
        _set_size(tables, kind, size)
    if steps is not None:
        tables.setdefault("run", {})["steps"] = steps
    return recipe_text(kind, tables, f"Made from {Path(name).stem}: {kind.summary}.")


def recipe_text(kind: TrainingKind, tables: Table, title: str) -> str:
    """Return a configuration as TOML with every field and its meaning.

    Args:
        kind: kind of the training.
        tables: values to set; all others have their defaults.
        title: one sentence, the first comment.

    Raises:
        UsageError: the tables are not a configuration of this kind.
    """
    config_class = kind.training().config_class
    config = parse(config_class, tables)
    hints = typing.get_type_hints(config_class)
    parts = [
        _comment(title) + _comment(f"Train it: {kind.command} --config THIS.toml"),
        f"{KIND_KEY} = {to_toml(kind.name)}\n",
    ]
    for table in dataclasses.fields(config_class):
        parts += _table(table.name, hints[table.name], getattr(config, table.name))
    return "\n".join(parts)


def _set_size(tables: Table, kind: TrainingKind, size: int) -> None:
    """Set the size of images, and a factor under which the grid of codes stays small."""
    if kind.no_image_size:
        raise UsageError(
            f"--size is the size of images, which a {kind.name} recipe does not set: "
            f"{kind.no_image_size}"
        )
    tables["data"]["size"] = size
    model = tables.setdefault("model", {})
    least = model.get("factor", 4)
    allowed = [one for one in _FACTORS if one >= least and size // one <= _LARGEST_GRID]
    model["factor"] = allowed[0] if allowed else _FACTORS[-1]


def _table(name: str, cls: type[Any], values: Any) -> list[str]:
    """Return the parts of a table: its own fields, then the tables in it."""
    plain, inner = [f"[{name}]\n"], []
    for field in fields_of(cls):
        value = getattr(values, field.name)
        meaning = _comment(f"{field.meaning} {_form(field)}")
        if isinstance(value, dict):
            inner.append(_named_values(f"{name}.{field.name}", field, value))
        else:
            plain.append(f"{meaning}{field.name} = {to_toml(value)}\n")
    return ["".join(plain), *inner]


def _named_values(path: str, field: Field, values: dict[str, Any]) -> str:
    """Return a table whose keys are the user's own; an empty one as a comment."""
    meaning = _comment(field.meaning)
    if not values:
        example = "0.5" if "float" in field.type else "14"
        return f"{meaning}# [{path}]\n# NAME = {example}\n"
    rows = [f"{to_toml(name)} = {to_toml(value)}\n" for name, value in values.items()]
    return "".join([meaning, f"[{path}]\n", *rows])


def _form(field: Field) -> str:
    """Return the type and the default of a field."""
    if field.default == "must be given":
        return f"({field.type}, must be given)"
    return f"({field.type}, default {field.default})"


def _comment(text: str) -> str:
    lines = textwrap.wrap(text, _COLUMNS, break_long_words=False, break_on_hyphens=False)
    return "".join(f"# {line}\n" for line in lines)
