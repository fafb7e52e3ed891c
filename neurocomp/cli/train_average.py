"""``neurocomp train average``."""

from __future__ import annotations

from pathlib import Path

import click

from neurocomp import extras
from neurocomp.cli.options import message_options
from neurocomp.cli.report import Reporter, display

_NETWORK = click.Path(path_type=Path, readable=False)


@click.command("average", short_help="Average byte networks of one training.")
@click.argument("checkpoint", type=_NETWORK, metavar="CHECKPOINT")
@click.argument("networks", nargs=-1, type=_NETWORK, required=True, metavar="NETWORK...")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False, readable=False),
    required=True,
    metavar="FOLDER",
    help="The checkpoint to write.",
)
@message_options
def average(
    checkpoint: Path,
    networks: tuple[Path, ...],
    output: Path,
    quiet: bool,
    verbose: bool,
) -> None:
    """Write the mean of CHECKPOINT and each NETWORK, which one training has come by.

    A NETWORK is a checkpoint, a model file, or text-s or text-l of the package; it may be smaller,
    as with 'train text --init'. The mean of what a training began with and what it ended with is
    often better than both.

    \b
    Example:
      neurocomp train average run/checkpoints/step-00002500 text-s -o mean
    """
    extras.require("train average", "train")
    if output.exists():
        raise FileExistsError(f"{display(output)} already exists: name another folder")
    reporter = Reporter(quiet=quiet, verbose=verbose)

    from neurocomp.training.text.average import average_networks

    average_networks(checkpoint, networks, output)
    reporter.note(f"{display(output)}: the mean of {1 + len(networks)} networks")
