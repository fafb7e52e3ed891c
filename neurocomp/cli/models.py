"""``neurocomp models``."""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from neurocomp.cli.options import model_path_option
from neurocomp.cli.report import Reporter, display
from neurocomp.cli.table import format_table
from neurocomp.errors import UsageError

if TYPE_CHECKING:
    from neurocomp.models.store import Entry, ModelStore

_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_SHORT_HASH = 12
PULLED = ("gpt2", "gpt2-medium", "gpt2-large", "gpt2-xl", "distilgpt2")


@click.group(short_help="List, install and check models.")
def models() -> None:
    """List, install and check models.

    A compressed file names its model by hash, so what a model is called here matters to nobody
    else.

    \b
    Examples:
      neurocomp models add letters.safetensors --name letters
      neurocomp models list
      neurocomp models verify
    """


@models.command("list")
@_json_option
@model_path_option
def list_models(as_json: bool, model_path: tuple[Path, ...]) -> None:
    """List the models in the package and the installed ones."""
    rows = [*_package_rows(), *map(_stored_row, _store(model_path).entries())]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    header = ("name", "kind", "hash", "where", "bytes")
    click.echo(
        format_table(
            header,
            [
                (
                    row["name"],
                    row["architecture"],
                    row["identity"][:_SHORT_HASH],
                    row["where"],
                    "-" if row["bytes"] is None else str(row["bytes"]),
                )
                for row in rows
            ],
            num_left=4,
        )
    )


@models.command()
@click.argument("name")
@_json_option
@model_path_option
def show(name: str, as_json: bool, model_path: tuple[Path, ...]) -> None:
    """Tell all about the model NAME: its hash, where it is kept, how it was made."""
    row = next((one for one in _package_rows() if one["name"] == name), None)
    if row is None:
        row = _stored_row(_store(model_path).find(name))
    if as_json:
        click.echo(json.dumps(row, indent=2))
        return
    for key, value in row.items():
        if value is not None:
            click.echo(f"{key + ':':14}{value if isinstance(value, str) else json.dumps(value)}")


@models.command()
@click.argument("file", type=click.Path(path_type=Path, readable=False))
@click.option("--name", metavar="NAME", help="What to call it; by default as the file.")
def add(file: Path, name: str | None) -> None:
    """Verify the model or dictionary FILE and install it."""
    if name is None:
        name = re.sub(r"[^a-z0-9._-]", "-", file.stem.lower())
    if any(name == row["name"] for row in _embedded_rows()):
        raise UsageError(f"{name!r} is a model of the package: give another --name")
    entry = _store().add(file, name)
    click.echo(f"{entry.name}  {entry.sha256.hex()}")


@models.command("import")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--name", metavar="NAME", required=True, help="What to call it.")
def import_model(folder: Path, name: str) -> None:
    """Make the network in FOLDER exact and install it.

    FOLDER is a checkpoint of 'neurocomp train text', 'gpt2', 'neural-ngram' or 'recurrent', or a
    GPT-2 as transformers writes it: config.json, safetensors, vocab.json and merges.txt.

    \b
    Examples:
      neurocomp models import run/checkpoints/step-00000720 --name mine
      neurocomp models import my-gpt2 --name gpt2-mine
    """
    _install(folder, name)


@models.command()
@click.argument("name", type=click.Choice(PULLED))
def pull(name: str) -> None:
    """Download a GPT-2 from the Hugging Face hub, make it exact and install it.

    \b
    Example:
      neurocomp models pull gpt2
    """
    from neurocomp.models.hub.fetch import fetch_checkpoint

    _install(fetch_checkpoint(name), name)


@models.command()
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
def remove(names: tuple[str, ...]) -> int:
    """Remove installed models.

    What was compressed with one can't be decompressed until it is installed again.
    """
    reporter = Reporter()
    store = _store()
    for name in names:
        with reporter.guard(name):
            store.remove(name)
    return reporter.exit_code


@models.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@model_path_option
def verify(names: tuple[str, ...], model_path: tuple[Path, ...]) -> int:
    """Read models anew and compare their hashes; all of them where none is named.

    Those of the package are read as well.
    """
    from neurocomp.models.architectures import EMBEDDED
    from neurocomp.models.registry import packaged_priors
    from neurocomp.models.stored import StoredModel

    reporter = Reporter()
    store = _store(model_path)
    priors = packaged_priors()
    for name in names or [*EMBEDDED, *priors, *(entry.name for entry in store.entries())]:
        with reporter.guard(name):
            embedded = EMBEDDED[name].embedded if name in EMBEDDED else None
            if embedded is not None:
                embedded()
            elif name in priors:
                StoredModel.load(priors[name])
            else:
                store.verify(store.find(name))
            click.echo(f"{name}: sound")
    return reporter.exit_code


def _install(folder: Path, name: str) -> None:
    if any(name == row["name"] for row in _embedded_rows()):
        raise UsageError(f"{name!r} is a model of the package: give another --name")

    from neurocomp.models.hub.convert import convert_checkpoint

    with tempfile.TemporaryDirectory() as temporary:
        path = Path(temporary) / "model.safetensors"
        convert_checkpoint(folder).save(path)
        entry = _store().add(path, name)
    click.echo(f"{entry.name}  {entry.sha256.hex()}")


def _store(model_path: tuple[Path, ...] = ()) -> ModelStore:
    from neurocomp.models.store import ModelStore

    return ModelStore(search_path=model_path)


def _embedded_rows() -> list[dict[str, Any]]:
    from neurocomp.models.architectures import EMBEDDED

    return [
        {
            "name": name,
            "architecture": architecture.name,
            "summary": architecture.summary,
            "identity": architecture.embedded().identity.hex(),
            "where": "in the package",
            "bytes": None,
        }
        for name, architecture in EMBEDDED.items()
        if architecture.embedded is not None
    ]


def _package_rows() -> list[dict[str, Any]]:
    from neurocomp.models.registry import packaged_priors
    from neurocomp.models.store import Entry
    from neurocomp.models.stored import ModelHeader

    priors = [
        _stored_row(Entry(name, ModelHeader.read(path).sha256, path, installed=False))
        for name, path in packaged_priors().items()
    ]
    return [*_embedded_rows(), *({**row, "where": "in the package"} for row in priors)]


def _stored_row(entry: Entry) -> dict[str, Any]:
    from neurocomp.models.stored import ModelHeader

    header = ModelHeader.read(entry.path)
    return {
        "name": entry.name,
        "architecture": header.architecture,
        "identity": entry.sha256.hex(),
        "where": "installed" if entry.installed else display(entry.path),
        "bytes": entry.path.stat().st_size,
        "path": display(entry.path),
        "config": header.config,
    }
