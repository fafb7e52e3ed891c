"""The fields of a configuration, from the docstrings of its dataclass.

A field of a configuration has its meaning in a string below it, where readers of the code look for
it; the docs and the comments of new recipes are made of the same strings.
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
import textwrap
import types
import typing
from typing import Any


@dataclasses.dataclass(frozen=True)
class Field:
    """A key of a table.

    Attributes:
        name: the key.
        type: type of its values, for people.
        default: default value for people, in TOML's form; "must be given" or "none" if there is no
            value.
        meaning: one paragraph; "" where nothing is below the field.
    """

    name: str
    type: str
    default: str
    meaning: str


def fields_of(cls: type[Any]) -> list[Field]:
    """Return the fields of a configuration, a dataclass whose source is there."""
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(cls))).body
    assert isinstance(tree, ast.ClassDef), "a configuration is a class"
    meanings: dict[str, str] = {}
    for statement, below in zip(tree.body, [*tree.body[1:], None], strict=True):
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            is_text = isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant)
            text = str(below.value.value) if is_text else ""  # type: ignore[union-attr]
            meanings[statement.target.id] = " ".join(text.split())
    hints = typing.get_type_hints(cls)
    return [
        Field(one.name, _shown(hints[one.name]), _default(one), meanings[one.name])
        for one in dataclasses.fields(cls)
    ]


def to_toml(value: bool | int | float | str) -> str:
    """Return a value as TOML writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return repr(value)


def _shown(hint: Any) -> str:
    if isinstance(hint, types.UnionType):
        return " or ".join(_shown(one) for one in typing.get_args(hint))
    if typing.get_origin(hint) is dict:
        return f"table of {_shown(typing.get_args(hint)[1])}"
    return str(hint.__name__)


def _default(field: dataclasses.Field[Any]) -> str:
    if field.default is not dataclasses.MISSING:
        return to_toml(field.default)
    return "must be given" if field.default_factory is dataclasses.MISSING else "none"
