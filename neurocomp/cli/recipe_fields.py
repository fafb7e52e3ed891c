"""The fields of recipes as tables for docs/training.md: ``python -m neurocomp.cli.recipe_fields``.

They are read from the configurations' dataclasses, whose fields have their meaning below them.
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
import textwrap
import types
import typing
from pathlib import Path
from typing import Any

from neurocomp.models.bytenet.glr import GLRConfig
from neurocomp.models.dalle.autoencoders.config import AutoencoderConfig
from neurocomp.models.dalle.prior import PriorConfig
from neurocomp.models.dalle.training.config import ImageDataConfig, LossConfig, PriorDataConfig
from neurocomp.models.text.config import DataConfig
from neurocomp.models.tokennets.torch_networks import NeuralNgramConfig, RecurrentTokensConfig
from neurocomp.models.transformer.torch_gpt2 import GPT2Config
from neurocomp.training.config import OptimizerConfig, RunConfig

DOCS_PATH = Path(__file__).parents[2] / "docs" / "training.md"
BEGIN = "<!-- Written by `python -m neurocomp.cli.recipe_fields`: change docstrings, not this. -->"
END = "<!-- The end of what is written by it. -->"

TABLES: dict[str, type[Any]] = {
    "`[run]`, of every training": RunConfig,
    "`[optimizer]`, of every training": OptimizerConfig,
    "`[data]` of text": DataConfig,
    "`[model]` of `train text`": GLRConfig,
    "`[model]` of `train gpt2`": GPT2Config,
    "`[model]` of `train neural-ngram`": NeuralNgramConfig,
    "`[model]` of `train recurrent`": RecurrentTokensConfig,
    "`[data]` of `dalle train-vae`": ImageDataConfig,
    "`[model]` of `dalle train-vae`": AutoencoderConfig,
    "`[loss]` of `dalle train-vae`": LossConfig,
    "`[data]` of `dalle train-prior`": PriorDataConfig,
    "`[model]` of `dalle train-prior`": PriorConfig,
}


@dataclasses.dataclass(frozen=True)
class Field:
    """A key of a table, as the docs show it."""

    name: str
    type: str
    default: str
    meaning: str


def fields_of(cls: type[Any]) -> list[Field]:
    """Return the fields of a configuration; ``meaning`` is "" where nothing is below a field."""
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


def render() -> str:
    """Return the tables, with the lines that say where they begin and end."""
    parts = [BEGIN]
    for title, cls in TABLES.items():
        rows = [f"### {title}\n", "| field | type | default | meaning |", "|---|---|---|---|"]
        for one in fields_of(cls):
            meaning = one.meaning.replace("|", "\\|")
            rows.append(f"| `{one.name}` | {one.type} | {one.default} | {meaning} |")
        parts.append("\n".join(rows))
    return "\n\n".join([*parts, END])


def replaced(document: str) -> str:
    """Return a document with its tables as they are now.

    Raises:
        ValueError: it has no place for them.
    """
    before, rest = document[: document.index(BEGIN)], document[document.index(END) + len(END) :]
    return before + render() + rest


def _shown(hint: Any) -> str:
    if isinstance(hint, types.UnionType):
        return " or ".join(_shown(one) for one in typing.get_args(hint))
    if typing.get_origin(hint) is dict:
        return f"table of {_shown(typing.get_args(hint)[1])}"
    return str(hint.__name__)


def _default(field: dataclasses.Field[Any]) -> str:
    if field.default is not dataclasses.MISSING:
        value = field.default
        return f"`{str(value).lower() if isinstance(value, bool) else _toml(value)}`"
    return "must be given" if field.default_factory is dataclasses.MISSING else "none"


def _toml(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)


if __name__ == "__main__":
    DOCS_PATH.write_text(replaced(DOCS_PATH.read_text(encoding="utf-8")), encoding="utf-8")
