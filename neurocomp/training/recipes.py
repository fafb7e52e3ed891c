"""The configurations that come with the package: in the folder ``recipes`` of each family."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from neurocomp.errors import UsageError
from neurocomp.training.config import Table, did_you_mean

FAMILIES = Path(__file__).parents[1] / "models"
KIND_KEY = "trains"
"""In a TOML file, before all tables: the kind of training that it is for."""


@dataclass(frozen=True)
class Recipe:
    """A configuration of the package.

    Attributes:
        name: name of its file, which no other has, such as "text-s".
        kind: kind of the training that it is for, such as "text".
        path: path of its file.
        summary: a short description of its result, from its first comment.
    """

    name: str
    kind: str
    path: Path
    summary: str


def recipes(kind: str | None = None) -> list[Recipe]:
    """Return all recipes, or those of one kind of training, by name."""
    found = [_recipe(path) for path in FAMILIES.glob("*/recipes/*.toml")]
    chosen = [one for one in found if kind in (None, one.kind)]
    return sorted(chosen, key=lambda one: one.name)


def find_recipe(name: str) -> Recipe:
    """Return the recipe of that name, or the one in a TOML file; its kind may be "" there.

    Raises:
        UsageError: there is no such recipe or file, or it is not TOML.
    """
    path, packaged = Path(name), {one.name: one for one in recipes()}
    if path.suffix == ".toml" or path.is_file():
        tables = _read(path, name, list(packaged))
        summary = f"As in {path.name}."
        return Recipe(path.stem, str(tables.get(KIND_KEY, "")), path, summary)
    if name not in packaged:
        guess = did_you_mean(name, packaged)
        raise UsageError(
            f"there is no recipe {name}{guess}: name a .toml file or one of {', '.join(packaged)}"
        )
    return packaged[name]


def read_configuration(name: str, kind: str) -> Table:
    """Return the tables of a configuration.

    Args:
        name: path of a TOML file, or the name of a recipe, of which the kind may be left out:
            "rainbow" is "vae-rainbow" where a "vae" is trained.
        kind: kind of the training.

    Raises:
        UsageError: there is no such file or recipe, it is not TOML, or is for another training.
    """
    path = Path(name)
    if path.suffix != ".toml" and not path.is_file():
        every = {one.name: one.path for one in recipes()}
        path = every.get(name) or every.get(f"{kind}-{name}") or path
    names = [one.name for one in recipes(kind)]
    tables = _read(path, name, names)
    found = tables.pop(KIND_KEY, kind)
    if found != kind:
        raise UsageError(
            f"{name} is for another training: it says {KIND_KEY} = {found!r}, and this one is of "
            f"{kind!r}: {_choice(names)}"
        )
    return tables


def _read(path: Path, name: str, names: list[str]) -> Table:
    """Return the tables of a TOML file given as ``name``; messages suggest ``names``."""
    try:
        # Editors of Windows begin a file with a byte-order mark, which TOML does not know.
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        guess = did_you_mean(name, names)
        raise UsageError(f"there is no configuration {name}{guess}: {_choice(names)}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is not TOML: {error}") from None


def _choice(names: list[str]) -> str:
    return f"name a .toml file or one of {', '.join(names)}"


def _recipe(path: Path) -> Recipe:
    text = path.read_text(encoding="utf-8")
    comment = text.partition("\n\n")[0].splitlines()
    summary = " ".join(line.removeprefix("#").strip() for line in comment)
    return Recipe(path.stem, tomllib.loads(text)[KIND_KEY], path, summary)
