"""Names that the shell completes, without loading a model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from neurocomp.pipeline.options import PRESETS, READY_PRESETS

_OTHERS_OF_THE_PACKAGE = ("adaptive",)


def complete_models(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Offer the models of the package and the installed ones, and files."""
    names = [str(PRESETS[name].model) for name in READY_PRESETS]
    names += _OTHERS_OF_THE_PACKAGE
    return _items([*names, *_priors(), *_installed(ctx)], incomplete)


def complete_dictionaries(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Offer what is installed, models and dictionaries alike, and files."""
    return _items(list(_installed(ctx)), incomplete)


def _items(names: list[str], incomplete: str) -> list[CompletionItem]:
    found = [name for name in dict.fromkeys(names) if name.startswith(incomplete)]
    return [*map(CompletionItem, found), CompletionItem(incomplete, type="file")]


def _priors() -> Iterator[str]:
    from neurocomp.store.shipped import packaged_priors

    yield from packaged_priors()


def _installed(ctx: click.Context) -> Iterator[str]:
    """Yield the names in the store and on the search path, which take no model's loading."""
    from neurocomp.errors import NeurocompError
    from neurocomp.store.folder import ModelStore

    paths = [Path(path) for path in ctx.params.get("model_path") or ()]
    try:
        yield from (entry.name for entry in ModelStore(search_path=paths).entries())
    except (NeurocompError, OSError):
        return  # a damaged store is told by the command itself
