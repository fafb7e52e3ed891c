"""``neurocomp train text``, ``gpt2``, ``neural-ngram`` and ``recurrent``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from neurocomp import extras
from neurocomp.cli.options import Decorator, all_of
from neurocomp.cli.report import Reporter
from neurocomp.cli.run_options import (
    FOLDER,
    config_option,
    end,
    read_config,
    run_options,
    run_place,
)
from neurocomp.errors import UsageError

if TYPE_CHECKING:
    from neurocomp.training.text.config import TextTrainingConfig

_DATA = click.Path(path_type=Path)


def _network_options(
    recipe: str, begins_with: str = "the parameters of this checkpoint"
) -> Decorator[Any]:
    return all_of(
        click.argument("files", nargs=-1, type=_DATA, metavar="[FILE]..."),
        click.option("--data", type=_DATA, multiple=True, metavar="FILE", help="The same as FILE."),
        config_option(recipe, "the name of one that comes with neurocomp"),
        click.option(
            "-o", "--output", type=FOLDER, required=True, metavar="FOLDER", help="Of the run."
        ),
        click.option(
            "--cache",
            type=FOLDER,
            metavar="FOLDER",
            help="Where decompressed and tokenised data are kept.",
        ),
        run_options(begins_with),
    )


@click.command(short_help="Train the byte network.")
@_network_options("text-s", "this checkpoint, a model file, or text-s or text-l of the package")
def text(**values: Any) -> None:
    """Train a byte network like the ones that come with neurocomp on each FILE.

    Files are text, as it is or as .gz, .xz, .bz2 or .zst; a byte 0x1E in them ends a document. What
    a file is called up to its first dot, without a number at its end, is its kind; kinds are
    weighted and validated apart.

    The run's folder gets run.json (the configuration), log.jsonl, loss.png and checkpoints; Ctrl-C
    leaves a checkpoint. Several processes or machines:
    torchrun --nproc-per-node N -m neurocomp train text ...

    \b
    Examples:
      neurocomp train text corpus/*.xz -o run
      neurocomp train text corpus/*.xz -o run --resume
    """
    extras.require("train text", "train")
    from neurocomp.training.text.config import TextConfig

    _train(TextConfig, values, tokenizer=None)


_tokenizer_option = click.option(
    "--tokenizer",
    type=FOLDER,
    metavar="FOLDER",
    help="With vocab.json and merges.txt, for an alphabet of byte pairs.",
)


@click.command(short_help="Train a model of GPT-2's architecture.")
@_network_options("gpt2-4m")
@_tokenizer_option
def gpt2(**values: Any) -> None:
    """Train a model of GPT-2's architecture, in any size, on each FILE.

    Everything is as with 'train text'. Every checkpoint is a folder that transformers reads.

    \b
    Examples:
      neurocomp train gpt2 corpus/*.xz --config gpt2-4m --tokenizer gpt2 -o run
      neurocomp train gpt2 letters.txt --config small.toml -o run
    """
    extras.require("train gpt2", "train")
    from neurocomp.training.text.config import GPT2TrainingConfig

    _train(GPT2TrainingConfig, values, tokenizer=values["tokenizer"])


@click.command(short_help="Train a neural n-gram.")
@_network_options("neural-ngram-4m")
@_tokenizer_option
def neural_ngram(**values: Any) -> None:
    """Train a network that predicts a token from the vectors of the last few, on each FILE.

    Everything is as with 'train text'. 'models import CHECKPOINT' makes it a model.

    \b
    Examples:
      neurocomp train neural-ngram corpus/*.xz --tokenizer gpt2 -o run
      neurocomp models import run/checkpoints/step-00000900 --name neural
    """
    extras.require("train neural-ngram", "train")
    from neurocomp.training.text.config import NeuralNgramTrainingConfig

    _train(NeuralNgramTrainingConfig, values, tokenizer=values["tokenizer"])


@click.command(short_help="Train a recurrent model of tokens.")
@_network_options("recurrent-4m")
@_tokenizer_option
def recurrent(**values: Any) -> None:
    """Train a recurrent network of tokens, with a state of fixed size, on each FILE.

    Everything is as with 'train text'. 'models import CHECKPOINT' makes it a model.

    \b
    Examples:
      neurocomp train recurrent corpus/*.xz --tokenizer gpt2 -o run
      neurocomp models import run/checkpoints/step-00000900 --name recurrent
    """
    extras.require("train recurrent", "train")
    from neurocomp.training.text.config import RecurrentTrainingConfig

    _train(RecurrentTrainingConfig, values, tokenizer=values["tokenizer"])


def _train(kind: type[TextTrainingConfig], values: dict[str, Any], tokenizer: Path | None) -> None:
    paths = [*values["data"], *values["files"]]
    if not paths:
        raise UsageError("no training data: name files of text")
    reporter = Reporter(quiet=values["quiet"], verbose=values["verbose"])

    from neurocomp.training.text.train import TextFiles, train_text

    config = read_config(kind, values["config_name"], values)
    place = run_place(values)
    files = TextFiles(paths, tokenizer, values["cache"])
    end(train_text(config, files, place, reporter.note), place.output)
