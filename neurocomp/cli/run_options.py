"""Options and conventions of all commands that train by steps."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from neurocomp import extras
from neurocomp.cli.options import Decorator, all_of, message_options
from neurocomp.cli.ui.report import display, say

if TYPE_CHECKING:
    from neurocomp.training.loop import Result
    from neurocomp.training.record import RunPlace
    from neurocomp.training.run import Training

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
    """Return the options of a run's start, length and place."""
    return all_of(
        click.option(
            "--resume",
            is_flag=True,
            help="Resume from the run's newest sound checkpoint; without --config, with the "
            "run's own configuration.",
        ),
        click.option(
            "--accept-changes",
            is_flag=True,
            help="With --resume: accept that the configuration or the data have changed.",
        ),
        click.option(
            "--init",
            "initial",
            type=click.Path(path_type=Path),
            metavar="CHECKPOINT",
            help=f"Start from {begins_with}.",
        ),
        click.option(
            "--steps",
            type=click.IntRange(1),
            metavar="N",
            help="Number of steps, instead of the configuration's.",
        ),
        click.option(
            "--device", type=click.Choice(["cpu", "cuda"]), help="Default: cuda if available."
        ),
        click.option(
            "--sharding",
            type=click.Choice(["ddp", "fsdp"]),
            default="ddp",
            show_default=True,
            help="Distribution of parameters over the processes that torchrun starts.",
        ),
        click.option(
            "--tensorboard",
            is_flag=True,
            help="Write the log's numbers for TensorBoard as well: tensorboard --logdir RUN.",
        ),
        message_options,
    )


def read_config(training: type[Training[Any, Any]], name: str, values: Mapping[str, Any]) -> Any:
    """Return the configuration of a run.

    Args:
        training: kind of the training.
        name: name of the file or recipe.
        values: the options of `run_options`, ``--output`` and `config_option`: a run that goes on
            has its own configuration unless one is named, and ``--steps`` takes precedence.

    Raises:
        UsageError, FormatError: it is none; see ``neurocomp.training.recipes``.
    """
    from neurocomp.training.config import parse
    from neurocomp.training.recipes import read_configuration
    from neurocomp.training.record import own_configuration

    context = click.get_current_context()
    is_default = context.get_parameter_source("config_name") is ParameterSource.DEFAULT
    table = None
    if values["resume"] and is_default and values["output"] is not None:
        table = own_configuration(values["output"], training.config_class)
    if table is None:
        table = read_configuration(name, training.kind)
    steps = values["steps"]
    if steps is not None and isinstance(table.get("run", {}), dict):
        table["run"] = {**table.get("run", {}), "steps": steps}
    return parse(training.config_class, table)


def run_place(values: Mapping[str, Any]) -> RunPlace:
    """Return the place of a run from the options of `run_options` and ``--output``.

    Raises:
        UsageError: they contradict each other.
    """
    from neurocomp.training.record import RunPlace

    if values["tensorboard"]:
        extras.require("--tensorboard", "tensorboard")
    names = ("output", "resume", "initial", "device", "sharding", "accept_changes", "tensorboard")
    return RunPlace(**{name: values[name] for name in names})


def end(result: Result, output: Path) -> None:
    """Exit as an interrupted command does if the run in ``output`` was stopped."""
    if not result.finished:
        with suppress(OSError):  # after a hang-up there is no terminal any more
            say(f"stopped after step {result.step}: continue with --resume -o {display(output)}")
        raise click.exceptions.Exit(128 + (result.signal or signal.SIGINT))
