"""``neurocomp train``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from neurocomp.cli.options import message_options
from neurocomp.cli.outputs import check_output
from neurocomp.cli.report import Reporter, display
from neurocomp.cli.sizes import size_callback
from neurocomp.cli.train_average import average
from neurocomp.cli.train_dictionary import dictionary
from neurocomp.cli.train_mixers import mixers
from neurocomp.cli.train_network import gpt2, neural_ngram, recurrent, text
from neurocomp.errors import UsageError

MODEL_SUFFIX = ".safetensors"
MIN_WIDE_ALPHABET = 257
"""Symbols of an alphabet that is not larger are read as bytes."""

_DATA = click.Path(path_type=Path, readable=False)


@click.group(short_help="Train models.")
def train() -> None:
    """Train a model on your own data, for files that are like it.

    A model is needed again to decompress: keep its file, or give it to whoever reads yours.
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
    type=click.Choice(["kneser-ney", "backoff"]),
    default="kneser-ney",
    show_default=True,
    help="Interpolated modified Kneser-Ney, or plain counts with back-off.",
)
@click.option(
    "--min-count",
    callback=counts_callback,
    default="1",
    show_default=True,
    metavar="N[,N]...",
    help="Leave n-grams out that occur less often; one number, or one for each length.",
)
@click.option(
    "--alphabet",
    type=click.Choice(["bytes", "uint16"]),
    default="bytes",
    show_default=True,
    help="What a symbol is; uint16 for files of token numbers, low byte first.",
)
@click.option(
    "--alphabet-size",
    type=click.IntRange(MIN_WIDE_ALPHABET, 60_000),
    metavar="N",
    help="For uint16: symbols are below N. By default as many as the data have.",
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

    from neurocomp.training.data import read_documents
    from neurocomp.training.ngram import train_ngram

    is_text = values["alphabet"] == "bytes"
    documents: list[Any] = read_documents(
        paths, split=values["split"], max_bytes=values["max_bytes"], is_text=is_text
    )
    alphabet_size = 256
    if values["alphabet"] == "uint16":
        documents = [_as_uint16(document) for document in documents]
        largest = max((int(document.max()) for document in documents), default=0)
        alphabet_size = values["alphabet_size"] or max(largest + 1, MIN_WIDE_ALPHABET)
    settings = (alphabet_size, values["order"], values["smoothing"], values["min_count"])
    stored = train_ngram(documents, *settings).to_stored()
    stored.save(output)
    num_symbols = sum(document.size for document in documents)
    reporter.note(
        f"{display(output)}: order {values['order']}, trained on {num_symbols} symbols, "
        f"{output.stat().st_size} bytes, SHA-256 {stored.sha256.hex()}"
    )


def _as_uint16(document: Any) -> Any:
    """Return an array of bytes as little-endian 16-bit integers."""
    if document.size % 2:
        raise UsageError(f"a document of {document.size} bytes is not one of 16-bit integers")
    return document.view("<u2")
