"""The rows of symbols that a prior reads, and which positions see which.

A. Ramesh et al., Zero-shot text-to-image generation, 2021, section 2.2 and figure 11.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurocomp.errors import FormatError
from neurocomp.exact import Stream, Symbols
from neurocomp.exact.attention import Sight
from neurocomp.models.dalle.records import RecordShape
from neurocomp.models.transformer.config import TransformerConfig

Rows = Any
"""Arrays of numpy or torch, whose first axis is lanes."""

PATTERNS = ("full", "row", "column", "convolution")


def paper_order(num_layers: int) -> tuple[str, ...]:
    """Return the paper's patterns: row, column, row, row and so on, convolution in the last."""
    inner = ["column" if layer % 4 == 2 else "row" for layer in range(1, num_layers)]
    return (*inner, "convolution")


def parse_patterns(text: str, num_layers: int) -> tuple[str, ...]:
    """Return the pattern of each layer.

    Args:
        text: "paper", or patterns with commas between, which are repeated as often as needed.
        num_layers: number of layers of the network.

    Raises:
        FormatError: there is no such pattern.
    """
    if text == "paper":
        return paper_order(num_layers)
    names = [name.strip() for name in text.split(",")]
    check_patterns(names)
    return tuple(names[layer % len(names)] for layer in range(num_layers))


def check_patterns(names: Sequence[object]) -> None:
    """Raise FormatError unless all are patterns."""
    for name in names:
        if name not in PATTERNS:
            raise FormatError(f"no attention pattern {name!r}: choose of {', '.join(PATTERNS)}")


def pattern_mask(
    name: str, text_length: int, rows: int, columns: int, kernel: int
) -> NDArray[np.bool_]:
    """Return which position sees which, bool (T, T), with T = 1 + text_length + rows * columns.

    Every position sees those of the text before it.  Among the codes of an image, besides itself
    and never a later one, one sees

    - full: all,
    - row: as many as a row has, the last of which is the one above,
    - column: those above it,
    - convolution: a square of ``kernel`` x ``kernel`` around it.

    Args:
        name: one of ``PATTERNS``.
        text_length: tokens of a caption; the start symbol is before them.
        rows: number of rows of codes.
        columns: number of columns of codes.
        kernel: width of the convolutional pattern, odd.
    """
    num_codes, before = rows * columns, 1 + text_length
    size = before + num_codes
    mask = np.tril(np.ones((size, size), np.bool_))
    place = np.arange(num_codes)
    row, column = np.divmod(place, columns)
    back = place[:, None] - place
    down, right = row[:, None] - row, np.abs(column[:, None] - column)
    seen = {
        "full": np.ones((num_codes, num_codes), np.bool_),
        "row": back <= columns,
        "column": right == 0,
        "convolution": (down <= kernel // 2) & (right <= kernel // 2),
    }[name]
    mask[before:, before:] &= seen
    return mask


MAX_CONTEXT = 4096


@dataclass(frozen=True)
class PriorShape:
    """The rows of symbols that a prior reads and predicts.

    Its vocabulary is that of captions' tokens, a pad for each of their positions, the start symbol,
    and the codes of images: nothing of it means two things.

    Attributes:
        records: shape of the records of captions and images.
        patterns: attention pattern of each layer.
        kernel: width of the convolutional pattern, odd.
        autoencoder: SHA-256 of the autoencoder that made the codes, 32 bytes.
    """

    records: RecordShape
    patterns: tuple[str, ...]
    kernel: int
    autoencoder: bytes

    def __post_init__(self) -> None:
        """Check the values; raises FormatError."""
        check_patterns(self.patterns)
        if type(self.kernel) is not int or self.kernel % 2 == 0 or not 1 <= self.kernel < 512:
            raise FormatError(f"a kernel of {self.kernel!r} positions is not odd and below 512")
        if len(self.autoencoder) != 32:
            raise FormatError("the hash of the prior's autoencoder is damaged")
        if self.context > MAX_CONTEXT:
            raise FormatError(f"captions and images of {self.context} tokens exceed {MAX_CONTEXT}")

    @property
    def before(self) -> int:
        """Positions before an image: the start symbol and a caption."""
        return 1 + self.records.text_length

    @property
    def context(self) -> int:
        """Positions: the start symbol, a caption, an image."""
        return self.before + self.records.num_latents

    @property
    def num_text_outputs(self) -> int:
        """Columns of the text head: tokens and pads."""
        return self.records.num_tokens + self.records.text_length

    @property
    def start_symbol(self) -> int:
        """The symbol before a caption."""
        return self.num_text_outputs

    @property
    def first_code(self) -> int:
        """The first code in the vocabulary."""
        return self.num_text_outputs + 1

    @property
    def vocabulary_size(self) -> int:
        """Rows of the embedding, and of both heads together."""
        return self.first_code + self.records.num_codes

    @cached_property
    def sights(self) -> tuple[Sight | None, ...]:
        """The positions that each layer sees; None for all earlier ones."""
        made = {name: self._sight(name) for name in set(self.patterns)}
        return tuple(made[name] for name in self.patterns)

    def _sight(self, name: str) -> Sight | None:
        if name == "full":
            return None
        one = self.records
        mask = pattern_mask(name, one.text_length, one.rows, one.columns, self.kernel)
        return Sight.from_mask(mask)

    def pad_at(self, place: int) -> int:
        """Return the pad of a caption's place."""
        return self.records.num_tokens + place

    def text_rows(self, captions: Sequence[Stream | Sequence[int]]) -> Symbols:
        """Return the symbols before images, int32 (lanes, before): start and caption.

        Args:
            captions: tokens of each caption; those beyond the prior's length are left out.
        """
        length = self.records.text_length
        rows = np.empty((len(captions), self.before), np.int32)
        rows[:, 0] = self.start_symbol
        rows[:, 1:] = self.pad_at(0) + np.arange(length)
        for row, tokens in zip(rows, captions, strict=True):
            row[1 : 1 + len(tokens)] = tokens[:length]
        return rows

    def code_symbols(self, codes: NDArray[Any]) -> Symbols:
        """Return codes of any shape as they are read, int32."""
        return codes.astype(np.int32) + self.first_code

    def rows(self, captions: Sequence[Stream | Sequence[int]], codes: NDArray[Any]) -> Symbols:
        """Return captions with the first codes of their images, (lanes, before + codes)."""
        return np.concatenate([self.text_rows(captions), self.code_symbols(codes)], axis=1)

    def text_of(self, rows: Rows) -> Rows:
        """Return the places of captions in rows, (lanes, text_length)."""
        text: Rows = rows[:, 1 : self.before]
        return text

    def codes_of(self, rows: Rows) -> Rows:
        """Return the codes in rows, (lanes, codes)."""
        codes: Rows = rows[:, self.before :] - self.first_code
        return codes

    def counted(self, text: Rows) -> Rows:
        """Return which places of captions say something: those up to the first pad.

        The coder knows what follows.
        """
        is_pad = text >= self.pad_at(0)
        counted: Rows = is_pad.cumsum(1) <= is_pad
        return counted

    def read_text(self, symbols: Symbols, place: int) -> Symbols:
        """Return the network's inputs for symbols of records, (lanes,), at a caption's position."""
        return np.where(symbols >= self.records.pad, np.int32(self.pad_at(place)), symbols)

    def read_codes(self, symbols: Symbols) -> Symbols:
        """Return the network's inputs for symbols of records, (lanes,), in images; 0 if none."""
        is_code = self.records.is_code(symbols)
        return self.code_symbols(np.where(is_code, symbols - self.records.first_code, 0))

    def to_json(self) -> dict[str, Any]:
        """Return the stored form."""
        return {
            **asdict(self.records),
            "patterns": list(self.patterns),
            "kernel": self.kernel,
            "autoencoder": self.autoencoder.hex(),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> PriorShape:
        """Return the shape of what `to_json` returned; raises FormatError if it is invalid."""
        try:
            records = RecordShape(*(stored[field.name] for field in fields(RecordShape)))
            autoencoder = bytes.fromhex(stored["autoencoder"])
            return cls(records, tuple(stored["patterns"]), stored["kernel"], autoencoder)
        except (KeyError, TypeError, ValueError) as error:
            raise FormatError(f"the configuration of the prior is damaged: {error!r}") from None

    def check_transformer(self, transformer: TransformerConfig) -> None:
        """Raise FormatError where a stored transformer is not of this shape."""
        fits = (
            transformer.alphabet_size == self.vocabulary_size
            and transformer.context == self.context
            and transformer.start_symbol == self.start_symbol
            and transformer.num_layers == len(self.patterns)
        )
        if not fits:
            raise FormatError("the prior's transformer doesn't have the shape of its records")
