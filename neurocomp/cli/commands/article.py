"""``neurocomp bench article``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from neurocomp import extras
from neurocomp.cli.options import message_options
from neurocomp.cli.ui.report import Reporter
from neurocomp.cli.ui.text import format_table
from neurocomp.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from neurocomp.bench.contenders import Contender
    from neurocomp.bench.measure import Row

ARTICLE_TOKENS = 81_920
CSV_NAME = "article.csv"
_HEADER = (
    "model",
    "parameters",
    "float",
    "tables",
    "arithmetic",
    "huffman",
    "bpb",
    "bytes",
    "with model",
    "CPU s",
)
_FILE = click.Path(path_type=Path)
_FOLDER = click.Path(path_type=Path, file_okay=False)


@click.command(short_help="The history of language models, as compressors.")
@click.argument("text", type=_FILE)
@click.option(
    "--tokenizer",
    type=click.Path(path_type=Path),
    required=True,
    metavar="TOKENIZER",
    help="GPT-2's tokenizer.json, or a folder with it or with vocab.json and merges.txt.",
)
@click.option(
    "-o", "--output", type=_FOLDER, required=True, metavar="FOLDER", help="For results and models."
)
@click.option(
    "--train",
    "corpus",
    type=_FILE,
    multiple=True,
    metavar="FILE",
    help="Text to train n-grams on, .txt or .xz. Without it, no n-grams. May be repeated.",
)
@click.option(
    "--orders",
    default="1,2,3,4,5",
    show_default=True,
    metavar="N[,N]...",
    help="Orders of n-grams.",
)
@click.option(
    "--min-count",
    type=click.IntRange(1, 255),
    default=1,
    show_default=True,
    help="Leave out longer n-grams that occur less often.",
)
@click.option(
    "--checkpoint",
    "--gpt2",
    "checkpoints",
    type=_FOLDER,
    multiple=True,
    metavar="FOLDER",
    help="A trained neural n-gram, recurrent network or GPT-2; measured in floats as well.",
)
@click.option(
    "-m",
    "--model",
    "models",
    multiple=True,
    metavar="NAME",
    help="A packaged or installed model, with any tokens. May be repeated.",
)
@click.option(
    "--tokens",
    "num_tokens",
    type=click.IntRange(1),
    default=ARTICLE_TOKENS,
    show_default=True,
    help="Number of tokens to code, from the start of TEXT.",
)
@message_options
def article(**values: Any) -> None:
    """Code the start of TEXT with language models, from counts to transformers.

    Every model is coded with arithmetic and with Huffman coding, decoded and compared. Models of
    bits (text-s, text-l, mix, and language models mixed with contexts) have arithmetic coding only.
    All bits are counted per GPT-2 token, even if a model has other tokens. FOLDER gets article.csv
    and two figures as PNG and SVG: bits per token by model with the bound that the tables set, and
    bits per token against parameters. Rows that article.csv already has for the same text and model
    are not measured again. Table and figures show all rows of article.csv that are of this text.

    \b
    Example:
      neurocomp bench article wiki.valid.txt --tokenizer gpt2 --train wiki.train.txt -m gpt2 -o out
    """
    # Before the measuring, which takes hours.
    extras.require("bench article", "plot")
    extras.require("bench article", "hub", "tokenizers")
    if values["checkpoints"]:
        extras.require("bench article --checkpoint", "hub", *extras.FLOAT_MODELS)
    reporter = Reporter(quiet=values["quiet"], verbose=values["verbose"])

    import json

    from neurocomp.bench.contenders import read_excerpt, tokenizer_of
    from neurocomp.bench.figures import draw
    from neurocomp.bench.measure import measure, read_rows, write_rows
    from neurocomp.symbols.bpe import BytePairs

    tokenizer = tokenizer_of(values["tokenizer"])
    alphabet_size = len(json.loads(tokenizer)["vocab"])
    excerpt = read_excerpt(
        values["text"], BytePairs(tokenizer), alphabet_size, values["num_tokens"]
    )
    output: Path = values["output"]
    (output / "models").mkdir(parents=True, exist_ok=True)
    known = {(row.text, row.sha256, row.model): row for row in read_rows(output / CSV_NAME)}
    # By name: what is measured now takes the place of a row that earlier weights have left.
    shown = {row.model: row for row in known.values() if row.text == excerpt.sha256}
    is_empty = True
    for contender in _contenders(values, tokenizer, output / "models"):
        key = (excerpt.sha256, contender.sha256, contender.name)
        row = known.get(key)
        lacks_float = row is not None and row.float_entropy is None
        if row is None or (lacks_float and contender.checkpoint is not None):
            reporter.note(f"measuring {contender.name}")
            known[key] = measure(contender, excerpt)
            write_rows(output / CSV_NAME, list(known.values()))
        shown[contender.name] = known[key]
        is_empty = False
    if is_empty:
        raise UsageError("no models: give --train, --checkpoint or --model, once or more")
    rows = list(shown.values())
    click.echo(
        f"{excerpt.tokens.size} tokens, {len(excerpt.content)} bytes; bits per token:\n\n"
        + format_table(_HEADER, [_cells(row) for row in rows])
    )
    for path in draw(rows, output):
        reporter.note(f"wrote {path}")


def _contenders(values: dict[str, Any], tokenizer: bytes, folder: Path) -> Iterator[Contender]:
    from neurocomp.bench.contenders import NgramPlan, convert, installed, train_ngrams

    try:
        orders = [int(part) for part in values["orders"].split(",")]
    except ValueError:
        raise UsageError(f"--orders {values['orders']}: write numbers with commas") from None
    plan = NgramPlan(values["corpus"], values["tokenizer"], orders, values["min_count"])
    yield from train_ngrams(plan, tokenizer, folder)
    for checkpoint in values["checkpoints"]:
        yield convert(checkpoint, folder)
    for name in values["models"]:
        yield from installed(name)


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row.model,
        str(row.parameters),
        "-" if row.float_entropy is None else f"{row.float_entropy:.4f}",
        "-" if row.table_entropy is None else f"{row.table_entropy:.4f}",
        f"{row.arithmetic:.4f}",
        "-" if row.huffman is None else f"{row.huffman:.4f}",
        f"{row.bits_per_byte:.4f}",
        str(row.arithmetic_bytes),
        str(row.total_bytes),
        f"{row.seconds:.1f}",
    )
