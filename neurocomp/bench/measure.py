"""One row of the experiment: a model's entropies, and files that were decoded and compared."""

from __future__ import annotations

import csv
import dataclasses
import io
from pathlib import Path
from typing import cast

import numpy as np

from neurocomp.bench.contenders import Contender, Excerpt
from neurocomp.bench.entropy import float_bits
from neurocomp.bench.frames import code_bits, code_with_both
from neurocomp.codec.contract import SymbolModel
from neurocomp.errors import FormatError, UsageError
from neurocomp.exact import Stream
from neurocomp.models.bytenet.model import MIXERS
from neurocomp.registry.catalogue import Kind
from neurocomp.registry.opening import OpenModel
from neurocomp.store.files import write_atomically
from neurocomp.store.headers import ModelHeader
from neurocomp.store.stored import StoredModel


@dataclasses.dataclass(frozen=True)
class Row:
    """The results of one model on the excerpt.

    Attributes:
        model: name of the model.
        kind: architecture of the model.
        parameters: n-grams of a count model, numbers of a network.
        float_entropy: bits per token of the float original; None if there is none.
        table_entropy: bits per token of the integer tables; None for a model of bits.
        arithmetic: bits per token of the arithmetic coder's whole file.
        huffman: the same of the Huffman coder's; None for a model of bits.
        bits_per_byte: bits per byte of the excerpt, of the arithmetic coder's file.
        arithmetic_bytes, huffman_bytes: sizes of the files.
        model_bytes: size of the model's file, which a reader needs as well.
        seconds: CPU time of arithmetic coding, there and back.
        huffman_seconds: the same with Huffman coding.
        num_tokens, num_bytes: size of the excerpt; all bits are counted by its tokens, also those
            of models that have other tokens or none.
        text: SHA-256 of the excerpt.
        sha256: SHA-256 of the model.
    """

    model: str
    kind: str
    parameters: int
    float_entropy: float | None
    table_entropy: float | None
    arithmetic: float
    huffman: float | None
    bits_per_byte: float
    arithmetic_bytes: int
    huffman_bytes: int | None
    model_bytes: int
    seconds: float
    huffman_seconds: float | None
    num_tokens: int
    num_bytes: int
    text: str
    sha256: str

    @property
    def total_bytes(self) -> int:
        """Size of the compressed file and the model together."""
        return self.arithmetic_bytes + self.model_bytes


def measure(contender: Contender, excerpt: Excerpt) -> Row:
    """Code the excerpt, with both coders where it can be; decode and compare.

    Raises:
        NeurocompError: what comes back differs.
    """
    opened = contender.open()
    stored = None if contender.path is None else StoredModel.load(contender.path)
    count, content = excerpt.tokens.size, excerpt.content
    float_entropy, parameters = None, 0 if stored is None else _num_parameters(stored)
    if opened.family.kind is Kind.SYMBOL:
        model = cast(SymbolModel, opened.model)
        if contender.checkpoint is not None:
            tokens = _own_tokens(contender, model, excerpt)
            bits, parameters = float_bits(contender.checkpoint, tokens, model.num_lanes(count))
            float_entropy = bits / count
        coded = code_with_both(opened, content)
    else:
        coded = code_bits(contender.model, content)
    sizes, seconds = coded.sizes, coded.seconds
    return Row(
        model=contender.name,
        kind=kind_of(contender, opened),
        parameters=parameters,
        float_entropy=float_entropy,
        table_entropy=None if coded.bits is None else coded.bits / count,
        arithmetic=8 * sizes["arithmetic"] / count,
        huffman=8 * sizes["huffman"] / count if "huffman" in sizes else None,
        bits_per_byte=8 * sizes["arithmetic"] / len(content),
        arithmetic_bytes=sizes["arithmetic"],
        huffman_bytes=sizes.get("huffman"),
        model_bytes=0 if contender.path is None else contender.path.stat().st_size,
        seconds=seconds["arithmetic"],
        huffman_seconds=seconds.get("huffman"),
        num_tokens=count,
        num_bytes=len(content),
        text=excerpt.sha256,
        sha256=contender.sha256,
    )


def kind_of(contender: Contender, opened: OpenModel) -> str:
    """Return the architecture of a model of tokens, or the family of a model of bits."""
    if opened.family.kind is Kind.SYMBOL and contender.path is not None:
        return ModelHeader.read(contender.path).architecture
    return opened.family.name


def _own_tokens(contender: Contender, model: SymbolModel, excerpt: Excerpt) -> Stream:
    """Return the excerpt's tokens, which are the model's own; a float original is fed with them."""
    tokens = model.symbol_map.encode(excerpt.content, model.alphabet_size)
    if tokens is None or not np.array_equal(tokens, excerpt.tokens):
        raise UsageError(f"{contender.name} has another tokenizer than the excerpt: leave it out")
    return tokens


def _num_parameters(stored: StoredModel) -> int:
    """Return the number of n-grams, or of weights without biases, norms and mixers."""
    if stored.architecture == "ngram":
        return int(stored.tensors["symbols"].size)
    return sum(
        tensor.size
        for name, tensor in stored.tensors.items()
        if tensor.ndim > 1 and not name.startswith(MIXERS)
    )


def write_rows(path: Path, rows: list[Row]) -> None:
    """Write rows as CSV, of which `read_rows` makes the same rows."""
    fields = [field.name for field in dataclasses.fields(Row)]
    text = io.StringIO()
    writer = csv.DictWriter(text, fields, lineterminator="\n")
    writer.writeheader()
    writer.writerows(dataclasses.asdict(row) for row in rows)
    write_atomically(path, text.getvalue().encode())


def read_rows(path: Path) -> list[Row]:
    """Return the rows of an earlier run, none without the file; raises FormatError."""
    if not path.is_file():
        return []
    kinds = {"int": int, "float": float, "str": str}
    rows = []
    try:
        with path.open(newline="", encoding="utf-8") as file:
            for line in csv.DictReader(file):
                values = {
                    field.name: None
                    if not line[field.name]
                    else kinds[str(field.type).split(" ")[0]](line[field.name])
                    for field in dataclasses.fields(Row)
                }
                rows.append(Row(**values))  # type: ignore[arg-type]
    except (KeyError, TypeError, ValueError) as error:
        raise FormatError(
            f"{path} is not a table of this experiment ({error!r}): remove it"
        ) from None
    return rows
