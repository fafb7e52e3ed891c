"""Options and manners of all commands that train by steps."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from neurocomp.cli.options import Decorator, all_of, message_options
from neurocomp.cli.report import display, say

if TYPE_CHECKING:
    from neurocomp.training.loop import Result
    from neurocomp.training.place import RunPlace

T = TypeVar("T")

FOLDER = click.Path(path_type=Path, file_okay=False)


def config_option(default: str, recipes: str) -> Decorator[Any]:
    """Return ``--config``; ``recipes`` says in words which come with the package."""
    return click.option(
        "--config",
        "config_name",
        metavar="FILE.toml",
        default=default,
        show_default=True,
        help=f"Configuration: a TOML file, or {recipes}.",
    )


def run_options(begins_with: str = "the parameters of this checkpoint") -> Decorator[Any]:
    """Return how a run begins, how long it takes and where."""
    return all_of(
        click.option("--resume", is_flag=True, help="Go on from the run's newest checkpoint."),
        click.option(
            "--init",
            "initial",
            type=click.Path(path_type=Path),
            metavar="CHECKPOINT",
            help=f"Begin with {begins_with}.",
        ),
        click.option(
            "--steps", type=click.IntRange(1), metavar="N", help="Instead of the configuration's."
        ),
        click.option("--device", type=click.Choice(["cpu", "cuda"]), help="Default: cuda if any."),
        click.option(
            "--sharding",
            type=click.Choice(["ddp", "fsdp"]),
            default="ddp",
            show_default=True,
            help="Of parameters over the processes that torchrun starts.",
        ),
        message_options,
    )


def read_config(cls: type[T], name: str, steps: int | None) -> T:
    """Return a configuration of class ``cls``, with another number of steps if one is given.

    Raises:
        UsageError: it is none; see ``neurocomp.training.config``.
    """
    from neurocomp.training.config import parse, read_toml

    table = read_toml(name)
    if steps is not None and isinstance(table.get("run", {}), dict):
        table["run"] = {**table.get("run", {}), "steps": steps}
    return parse(cls, table)


def run_place(values: Mapping[str, Any]) -> RunPlace:
    """Return where a run is, by the options of `run_options` and ``--output``.

    Raises:
        UsageError: they contradict each other.
    """
    from neurocomp.training.place import RunPlace

    names = ("output", "resume", "initial", "device", "sharding")
    return RunPlace(**{name: values[name] for name in names})


def end(result: Result, output: Path) -> None:
    """Exit as an interrupted command does if the run in ``output`` was stopped."""
    if not result.finished:
        say(f"stopped after step {result.step}: go on with --resume -o {display(output)}")
        raise click.exceptions.Exit(128 + (result.signal or signal.SIGINT))
