"""Describes the symbols of records for people."""

from __future__ import annotations

import enum

import numpy as np

from neurocomp.exact import Stream
from neurocomp.models.dalle.record_heads import HEAD_SYMBOLS, read_head
from neurocomp.models.dalle.records import RecordShape, filled_slots, read_records
from neurocomp.symbols.description import Description, Places


class Part(enum.IntEnum):
    """The part of a stream that a symbol belongs to."""

    HEAD = 0
    CAPTION = 1
    END = 2
    CODE = 3
    EMPTY = 4


PART_NAMES = ("heads of records", "captions", "ends of captions", "codes", "empty places")
"""Names by the numbers of `Part`."""


def describe_records(shape: RecordShape, symbols: Stream) -> Description:
    """Return the parts of a stream's symbols; raises FormatError if it is invalid."""
    kind, captions, grids = read_records(shape, symbols)
    lanes = shape.num_lanes(symbols.size)
    size, width = shape.record_symbols(kind), shape.text_symbols(kind)
    bodies = symbols.reshape(lanes, -1)[:, HEAD_SYMBOLS:]
    parts = np.full((lanes, symbols.size // lanes), Part.HEAD, np.uint8)
    parts[:, HEAD_SYMBOLS:] = np.select(
        [bodies < shape.pad, bodies == shape.pad, bodies == shape.end],
        [Part.CAPTION, Part.END, Part.EMPTY],
        Part.CODE,
    )
    places = np.arange(symbols.size).reshape(lanes, -1)[:, HEAD_SYMBOLS:]
    slots = places.reshape(lanes, -1, size).transpose(1, 0, 2).reshape(-1, size)
    head = read_head(symbols.reshape(lanes, -1)[0, :HEAD_SYMBOLS].tolist())
    records = slots[filled_slots(lanes, bodies.shape[1] // size, head.num_empty)]
    images = None
    if len(grids):
        latents = records[:, width:]
        latents = latents[shape.is_code(symbols[latents]).all(axis=1)]
        images = latents.reshape(-1, shape.rows, shape.columns)
    texts = _caption_places(shape, symbols, records[:, :width])
    bounds = np.cumsum([one.size + 1 for one in captions])[:-1]
    return Description(
        kinds=parts.reshape(-1),
        kind_names=PART_NAMES,
        captions=tuple(np.split(texts, bounds)) if captions else (),
        images=images,
    )


def _caption_places(shape: RecordShape, symbols: Stream, places: Places) -> Places:
    """Return the places (records, width) of captions' tokens and of their first ends, in a row.

    What comes after an end has no choice.
    """
    is_token = symbols[places] < shape.pad
    is_end = ~is_token
    is_end[:, 1:] &= is_token[:, :-1]
    kept: Places = places[is_token | is_end]
    return kept
