"""``neurocomp train`` and its commands: ``text``, ``gpt2``, ``neural-ngram``, ``recurrent``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from neurocomp import extras
from neurocomp.cli.commands.train_tools import average, dictionary, mixers
from neurocomp.cli.files.outputs import check_output
from neurocomp.cli.options import Decorator, all_of, message_options
from neurocomp.cli.run_options import (
    FOLDER,
    config_option,
    end,
    read_config,
    run_options,
    run_place,
)
from neurocomp.cli.ui.report import Reporter, display
from neurocomp.cli.ui.text import size_callback
from neurocomp.errors import UsageError

if TYPE_CHECKING:
    from neurocomp.models.text.train import TextTraining

_NETWORK_DATA = click.Path(path_type=Path)


def _network_options(
    recipe: str, begins_with: str = "the parameters of this checkpoint"
) -> Decorator[Any]:
    return all_of(
        click.argument("files", nargs=-1, type=_NETWORK_DATA, metavar="[FILE]..."),
        click.option(
            "--data", type=_NETWORK_DATA, multiple=True, metavar="FILE", help="The same as FILE."
        ),
        config_option(recipe, "the name of one that comes with neurocomp"),
        click.option(
            "-o",
            "--output",
            type=FOLDER,
            required=True,
            metavar="FOLDER",
            help="Folder of the run.",
        ),
        click.option(
            "--cache",
            type=FOLDER,
            metavar="FOLDER",
            help="Folder for decompressed and tokenised data.",
        ),
        run_options(begins_with),
    )


@click.command(short_help="Train the byte network.")
@_network_options("text-s", "this checkpoint, a model file, or text-s or text-l of the package")
def text(**values: Any) -> None:
    """Train a byte network like the ones that come with neurocomp on each FILE.

    Files are text, as it is or as .gz, .xz, .bz2 or .zst; a byte 0x1E in them ends a document. A
    file's kind is its name up to the first dot, without a number at the end; kinds are weighted
    and validated separately.

    The run's folder gets run.json (the configuration), log.jsonl, loss.png and checkpoints; Ctrl-C
    leaves a checkpoint. Several processes or machines:
    torchrun --nproc-per-node N -m neurocomp train text ...

    \b
    Examples:
      neurocomp train text corpus/*.xz -o run
      neurocomp train text corpus/*.xz -o run --resume
    """
    extras.require("train text", "train")
    from neurocomp.models.text.train import ByteTraining

    _train(ByteTraining, values)


_tokenizer_option = click.option(
    "--tokenizer",
    type=click.Path(path_type=Path),
    metavar="TOKENIZER",
    help="A tokenizer.json, or a folder with it or with vocab.json and merges.txt: for an alphabet "
    "of byte pairs.",
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
    from neurocomp.models.text.train import GPT2Training

    _train(GPT2Training, values)


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
    from neurocomp.models.text.train import NeuralNgramTraining

    _train(NeuralNgramTraining, values)


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
    from neurocomp.models.text.train import RecurrentTraining

    _train(RecurrentTraining, values)


def _train(training: type[TextTraining], values: dict[str, Any]) -> None:
    from neurocomp.models.text.train import TextFiles
    from neurocomp.training.run import run_training

    files = TextFiles([*values["data"], *values["files"]], values.get("tokenizer"), values["cache"])
    config = read_config(training, values["config_name"], values)
    place = run_place(values)
    reporter = Reporter(quiet=values["quiet"], verbose=values["verbose"])
    end(run_training(training(config, files), place, reporter.note), place.output)


MODEL_SUFFIX = ".safetensors"

_DATA = click.Path(path_type=Path, readable=False)


@click.group(short_help="Train models.")
def train() -> None:
    """Train a model on your own data, for similar files.

    Decompressing needs the same model: keep its file, and give it to those who read yours.
    """


train.add_command(text)
train.add_command(gpt2)
train.add_command(neural_ngram)
train.add_command(recurrent)
train.add_command(average)
train.add_command(dictionary)
train.add_command(mixers)


def counts_callback(ctx: click.Context, param: click.Parameter, value: str) -> int | list[int]:
    """Turn the value of an option into one number, or several that have commas between."""
    try:
        counts = [int(part) for part in value.split(",")]
    except ValueError:
        message = f"{value!r} is not a number, or several with commas between"
        raise click.BadParameter(message, ctx, param) from None
    return counts[0] if len(counts) == 1 else counts


@train.command(short_help="Count n-grams.")
@click.argument("files", nargs=-1, type=_DATA, metavar="[FILE]...")
@click.option(
    "--data", type=_DATA, multiple=True, metavar="FILE", help="The same as FILE. May be repeated."
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False, readable=False),
    required=True,
    metavar="MODEL.safetensors",
    help="The model file to write.",
)
@click.option(
    "--order",
    type=click.IntRange(1, 6),
    default=5,
    show_default=True,
    help="Length of the longest n-grams in symbols.",
)
@click.option(
    "--smoothing",
    type=click.Choice(["kneser-ney", "katz"]),
    default="kneser-ney",
    show_default=True,
    help="Interpolated modified Kneser-Ney, or Katz's back-off.",
)
@click.option(
    "--min-count",
    callback=counts_callback,
    default="1",
    show_default=True,
    metavar="N[,N]...",
    help="Leave out n-grams that occur less often; one number, or one for each length.",
)
@click.option(
    "--alphabet",
    type=click.Choice(["bytes", "uint16"]),
    default="bytes",
    show_default=True,
    help="Symbols; uint16 for files of token numbers, low byte first.",
)
@click.option(
    "--alphabet-size",
    type=click.IntRange(1),
    metavar="N",
    help="For uint16: symbols are below N. By default, as many as the data have.",
)
@click.option("--split", is_flag=True, help="A byte 0x1E in the data ends a document.")
@click.option(
    "--max-bytes", callback=size_callback, metavar="SIZE", help="Use only the start of each file."
)
@click.option("-f", "--force", is_flag=True, help="Overwrite the model file.")
@message_options
def ngram(**values: Any) -> None:
    """Count the n-grams of each FILE; .gz, .xz, .bz2 and .zst are decompressed first.

    \b
    Examples:
      neurocomp train ngram letters/*.txt -o letters.safetensors
      neurocomp models add letters.safetensors --name letters
      neurocomp compress --model letters new-letter.txt
    """
    paths = [*values["data"], *values["files"]]
    output: Path = values["output"]
    if not paths:
        raise UsageError("no training data: name files of text")
    if values["alphabet_size"] is not None and values["alphabet"] != "uint16":
        raise UsageError("--alphabet-size goes with --alphabet uint16: there are 256 bytes")
    if output.suffix != MODEL_SUFFIX:
        raise UsageError(f"{display(output)} does not end in {MODEL_SUFFIX}, as model files do")
    check_output(output, paths, force=values["force"])
    reporter = Reporter(quiet=values["quiet"], verbose=values["verbose"])

    from neurocomp.models.ngram.training import read_symbols, train_ngram

    documents, alphabet_size = read_symbols(
        paths,
        is_wide=values["alphabet"] == "uint16",
        alphabet_size=values["alphabet_size"],
        split=values["split"],
        max_bytes=values["max_bytes"],
    )
    settings = (alphabet_size, values["order"], values["smoothing"], values["min_count"])
    stored = train_ngram(documents, *settings).to_stored()
    stored.save(output)
    num_symbols = sum(document.size for document in documents)
    reporter.note(
        f"{display(output)}: order {values['order']}, trained on {num_symbols} symbols, "
        f"{output.stat().st_size} bytes, SHA-256 {stored.sha256.hex()}"
    )
