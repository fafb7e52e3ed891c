"""Sets of captions and token grids as records of equal length, spread over lanes.

A block's stream is L lanes of equal length, L a power of 2.  A lane begins with a head of
``HEAD_SYMBOLS``, which says something in lane 0 and is 0 in the others: the kind of the records,
the damping of what predicts codes, the number of digits of a number, its digits to base 16 from the
least, then zeros.  Slots for records follow, of which slot s is in lane s mod L; the number tells
how many slots are left empty at the start, filled with ``end``.  Records are in the other slots of
lane 0, one after the other, then in those of lane 1, and so on: what predicts them learns from the
record before, and sets often have what is alike side by side.

A record is a caption's tokens filled up with ``pad``, or an image's codes in raster order, or both.
A caption of more tokens than a record holds goes on in the next record, which has ``end`` in place
of an image; so every caption ends in a record with a ``pad``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurocomp.errors import FormatError
from neurocomp.exact import Stream
from neurocomp.frame.constants import (
    MAX_CAPTION_TOKENS,
    MAX_IMAGE_CODES,
    MAX_RECORD_LANES,
    MAX_RECORD_SIDE,
    MAX_TEXT_LENGTH,
)
from neurocomp.models.dalle.record_heads import HEAD_SYMBOLS, Head, Kind, read_head

RECORDS_PER_LANE = 8
"""At least, where there is more than one: lanes learn from each other's records, but later."""

_LIMITS = {
    "num_tokens": MAX_CAPTION_TOKENS,
    "text_length": MAX_TEXT_LENGTH,
    "rows": MAX_RECORD_SIDE,
    "columns": MAX_RECORD_SIDE,
    "num_codes": MAX_IMAGE_CODES,
}


@dataclass(frozen=True)
class RecordShape:
    """Sizes of records, and the alphabet that they are written in.

    Symbols are the tokens of captions, then ``pad``, the codes of images, and ``end``.

    Attributes:
        num_tokens: number of different tokens of captions.
        text_length: number of tokens of a caption in one record.
        rows: number of rows of an image's codes.
        columns: number of columns of an image's codes.
        num_codes: number of different codes.
    """

    num_tokens: int
    text_length: int
    rows: int
    columns: int
    num_codes: int

    def __post_init__(self) -> None:
        """Check every value; raises FormatError."""
        for name, limit in _LIMITS.items():
            value = getattr(self, name)
            if type(value) is not int or not 1 <= value <= limit:
                raise FormatError(f"{name} = {value!r} of token records is out of range")

    @property
    def pad(self) -> int:
        """The symbol after a caption."""
        return self.num_tokens

    @property
    def first_code(self) -> int:
        """The symbol of code 0."""
        return self.num_tokens + 1

    @property
    def end(self) -> int:
        """The symbol of a missing image."""
        return self.first_code + self.num_codes

    @property
    def alphabet_size(self) -> int:
        """Number of different symbols."""
        return self.end + 1

    @property
    def num_latents(self) -> int:
        """Codes of an image."""
        return self.rows * self.columns

    def is_code(self, symbols: Stream) -> NDArray[np.bool_]:
        """Return which symbols are codes."""
        return (symbols >= self.first_code) & (symbols < self.end)

    def text_symbols(self, kind: Kind) -> int:
        """Return the number of symbols of a record's caption."""
        return 0 if kind is Kind.IMAGES else self.text_length

    def record_symbols(self, kind: Kind) -> int:
        """Return the length of a record."""
        images = 0 if kind is Kind.CAPTIONS else self.num_latents
        return self.text_symbols(kind) + images

    @property
    def _lane_symbols(self) -> int:
        return RECORDS_PER_LANE * (HEAD_SYMBOLS + self.text_length + self.num_latents)

    def num_lanes(self, num_symbols: int) -> int:
        """Return the lanes of a stream of that length."""
        fitting = max(num_symbols // self._lane_symbols, 1)
        return min(1 << (fitting.bit_length() - 1), MAX_RECORD_LANES)

    def max_symbols(self, num_bytes: int) -> int:
        """Return more symbols than a writer makes of a token file of ``num_bytes``.

        At most every other slot is empty, and a record takes a byte of the file at least, or each
        of its codes a bit.
        """
        largest = max(self.text_length + self.num_latents, 8)
        return MAX_RECORD_LANES * HEAD_SYMBOLS + 2 * num_bytes * largest

    def layout(self, num_records: int, kind: Kind) -> tuple[int, int]:
        """Return lanes and slots in each, such that ``num_lanes`` finds the lanes again."""
        size, low = self.record_symbols(kind), self._lane_symbols
        if HEAD_SYMBOLS + num_records * size < 2 * low:
            return 1, num_records
        fewest = -(-(low - HEAD_SYMBOLS) // size)
        most = (2 * low - 1 - HEAD_SYMBOLS) // size
        lanes = 2
        while lanes < MAX_RECORD_LANES and lanes * most < num_records:
            lanes *= 2
        return lanes, max(-(-num_records // lanes), fewest)


def count_symbols(
    shape: RecordShape, kind: Kind, captions: Sequence[Stream], num_images: int
) -> int:
    """Return the length of the stream that `write_records` makes."""
    width = shape.text_symbols(kind)
    num_records = num_images
    if kind is not Kind.IMAGES:
        num_records = sum(tokens.size // width + 1 for tokens in captions)
    lanes, depth = shape.layout(num_records, kind)
    return lanes * (HEAD_SYMBOLS + depth * shape.record_symbols(kind))


def write_records(
    shape: RecordShape,
    kind: Kind,
    captions: Sequence[Stream],
    grids: NDArray[Any],
    damping: int = 0,
) -> Stream:
    """Return the stream, int32, of captions' tokens and grids (N, rows, columns) of codes."""
    width = shape.text_symbols(kind)
    latents = grids.reshape(-1, shape.num_latents).astype(np.int32) + shape.first_code
    if kind is Kind.IMAGES:
        records = latents
    else:
        rows: list[NDArray[np.int32]] = []
        for number, tokens in enumerate(captions):
            for start in range(0, tokens.size + 1, width):
                row = np.full(shape.record_symbols(kind), shape.end, np.int32)
                row[:width] = shape.pad
                piece = tokens[start : start + width]
                row[: piece.size] = piece
                if kind is Kind.BOTH and start == 0:
                    row[width:] = latents[number]
                rows.append(row)
        records = np.stack(rows) if rows else np.empty((0, shape.record_symbols(kind)), np.int32)
    lanes, depth = shape.layout(len(records), kind)
    num_empty = lanes * depth - len(records)
    size = shape.record_symbols(kind)
    slots = np.full((lanes * depth, size), shape.end, np.int32)
    slots[filled_slots(lanes, depth, num_empty)] = records
    heads = np.zeros((lanes, HEAD_SYMBOLS), np.int32)
    heads[0] = Head(kind, damping, num_empty).symbols()
    bodies = slots.reshape(depth, lanes, size).transpose(1, 0, 2).reshape(lanes, depth * size)
    return np.concatenate([heads, bodies], axis=1).reshape(-1)


def read_records(
    shape: RecordShape, symbols: Stream
) -> tuple[Kind, list[NDArray[np.int32]], NDArray[np.uint16]]:
    """Return kind, captions' tokens and grids of a stream; empty where the kind has none.

    Raises:
        FormatError: the symbols are not a stream of records.
    """
    lanes = shape.num_lanes(symbols.size)
    if symbols.size % lanes or symbols.size < lanes * HEAD_SYMBOLS:
        raise FormatError("the symbols are not those of token records")
    if int(symbols.min()) < 0 or int(symbols.max()) > shape.end:
        raise FormatError("a symbol of token records is out of range")
    stream = symbols.reshape(lanes, -1).astype(np.int32)
    head = read_head(stream[0, :HEAD_SYMBOLS].tolist())
    kind, num_empty = head.kind, head.num_empty
    size, width = shape.record_symbols(kind), shape.text_symbols(kind)
    depth, rest = divmod(stream.shape[1] - HEAD_SYMBOLS, size)
    if rest or stream[1:, :HEAD_SYMBOLS].any() or num_empty > lanes * depth:
        raise FormatError("the symbols are not those of token records")
    slots = stream[:, HEAD_SYMBOLS:].reshape(lanes, depth, size).transpose(1, 0, 2)
    records = slots.reshape(-1, size)
    if (records[:num_empty] != shape.end).any():
        raise FormatError("an empty slot of token records is not empty")
    records = records[filled_slots(lanes, depth, num_empty)]
    texts, images = records[:, :width], records[:, width:]
    captions: list[NDArray[np.int32]] = []
    is_first = np.ones(len(records), np.bool_)
    pieces: list[NDArray[np.int32]] = []
    for number, text in enumerate(texts if width else ()):
        is_first[number] = not pieces
        length = int((text != shape.pad).sum())
        if (text[:length] >= shape.pad).any():
            raise FormatError("a caption's record is damaged")
        pieces.append(text[:length])
        if length < width:
            captions.append(np.concatenate(pieces))
            pieces = []
    if pieces:
        raise FormatError("the last caption doesn't end")
    if (images[~is_first] != shape.end).any():
        raise FormatError("the rest of a caption has an image")
    images = images[is_first]
    if not shape.is_code(images).all():
        raise FormatError("a code of an image is out of range")
    codes = images - shape.first_code
    grids = codes.astype(np.uint16).reshape(-1, shape.rows, shape.columns)
    return kind, captions, grids


def filled_slots(num_lanes: int, depth: int, num_empty: int) -> NDArray[np.int64]:
    """Return the slots that records are in, in the records' order."""
    slots = np.arange(num_lanes * depth).reshape(depth, num_lanes).T.reshape(-1)
    return slots[slots >= num_empty]
