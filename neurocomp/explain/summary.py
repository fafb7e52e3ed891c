"""Where the bits went, in a few figures: by kind, along the file, the most expensive places."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurocomp.codec.trace import Bits
from neurocomp.explain.comparison import bits_of_bytes
from neurocomp.explain.explanation import Explanation
from neurocomp.explain.raster import Raster, tile_sums

_PLACE_BYTES = 16
_CONTEXT_BYTES = 24
_SQUARE_PIXELS = 8


@dataclass(frozen=True)
class KindCost:
    """The symbols of a kind.

    Attributes:
        name: name of the kind.
        num_symbols: number of symbols of the kind.
        num_bytes: size of the content that these symbols stand for.
        bits: cost of these symbols.
    """

    name: str
    num_symbols: int
    num_bytes: int
    bits: float


def by_kind(explanation: Explanation, bits: Bits | None = None) -> list[KindCost]:
    """Return the cost of each kind of symbols, the most expensive first.

    Args:
        explanation: the explanation that has the symbols.
        bits: other costs of the symbols, (n,), to sum instead of their own.
    """
    entries = explanation.entries
    count = len(explanation.kind_names)
    numbers = np.bincount(entries.kinds, minlength=count)
    sizes = np.bincount(entries.kinds, entries.sizes, minlength=count)
    costs = np.bincount(entries.kinds, entries.bits if bits is None else bits, minlength=count)
    found = [
        KindCost(name, int(numbers[k]), int(sizes[k]), float(costs[k]))
        for k, name in enumerate(explanation.kind_names)
        if numbers[k]
    ]
    return sorted(found, key=lambda one: -one.bits)


@dataclass(frozen=True)
class OpinionCost:
    """The cost under a part of the model alone.

    Attributes:
        name: name of the part.
        num_symbols: number of symbols that the part predicted.
        bits: cost of these symbols under the part alone.
        coded_bits: cost of these symbols in the payload.
    """

    name: str
    num_symbols: int
    bits: float
    coded_bits: float


def by_opinion(explanation: Explanation) -> list[OpinionCost]:
    """Return the cost under each part of the model."""
    entries = explanation.entries
    found = []
    for name, bits in entries.opinions.items():
        said = ~np.isnan(bits)
        if said.any():
            costs = float(bits[said].sum()), float(entries.bits[said].sum())
            found.append(OpinionCost(name, int(said.sum()), *costs))
    return found


@dataclass(frozen=True, eq=False)
class Curve:
    """The cost along a file.

    Attributes:
        unit: unit of the costs: "byte" or "symbol".
        edges: float64 (n + 1,), where the pieces of the file begin, and its end, in these units.
        costs: float64 (n,), bits for each unit.
    """

    unit: str
    edges: NDArray[np.float64]
    costs: Bits


def curve_of(explanation: Explanation, num_pieces: int, bits: Bits | None = None) -> Curve:
    """Return the cost along a file in at most so many pieces of equal length."""
    if explanation.has_offsets:
        unit, (start, stop) = "byte", explanation.shown_range
        costs = bits_of_bytes(explanation, bits)[start:stop]
    else:
        unit, start = "symbol", 0
        costs = explanation.entries.bits if bits is None else bits
        stop = costs.size
    count = max(min(num_pieces, costs.size), 1)
    edges = np.linspace(0, costs.size, count + 1).round().astype(np.int64)
    sums = np.concatenate([[0.0], np.cumsum(costs)])
    sizes = np.maximum(np.diff(edges), 1)
    return Curve(unit, (start + edges).astype(np.float64), np.diff(sums[edges]) / sizes)


@dataclass(frozen=True)
class Place:
    """A place of the content.

    Attributes:
        offset: position of the first byte.
        line: number of its line, from 1; 0 where the place is not text.
        bits: cost of the place.
        before: text before the place.
        text: the place itself.
        after: text after the place.
        title: description of a place that is not text: an image, a caption.
    """

    offset: int
    line: int
    bits: float
    before: bytes
    text: bytes
    after: bytes
    title: str = ""


def dearest(explanation: Explanation, count: int, bits: Bits | None = None) -> list[Place]:
    """Return the most expensive places, the dearest first, none of which overlap.

    Of text these are 16 bytes each, of an uncompressed picture squares of 8 x 8 pixels, of token
    sets whole images and captions.

    Args:
        explanation: the explanation that has the places.
        count: number of places.
        bits: other costs of the symbols, (n,), to use instead of their own.
    """
    if not explanation.has_offsets:
        return _dearest_records(explanation, count, bits)
    if explanation.raster is not None:
        return _dearest_squares(explanation, explanation.raster, count, bits)
    start, stop = explanation.shown_range
    costs = bits_of_bytes(explanation, bits)[start:stop]
    width = min(_PLACE_BYTES, costs.size)
    if not width:
        return []
    sums = np.concatenate([[0.0], np.cumsum(costs)])
    windows = sums[width:] - sums[:-width]
    places = []
    for first in _apart(windows, width, count):
        offset = start + first
        if windows[first] <= 0:
            break
        content = explanation.content
        places.append(
            Place(
                offset,
                content.count(b"\n", 0, offset) + 1,
                float(windows[first]),
                content[max(offset - _CONTEXT_BYTES, 0) : offset],
                content[offset : offset + width],
                content[offset + width : offset + width + _CONTEXT_BYTES],
            )
        )
    return places


def _apart(windows: Bits, width: int, count: int) -> Iterator[int]:
    """Yield where the largest of ``windows`` begin that don't overlap."""
    left = windows.copy()
    for _ in range(count):
        first = int(left.argmax())
        if left[first] == -np.inf:
            return
        yield first
        left[max(first - width + 1, 0) : first + width] = -np.inf


def _dearest_squares(
    explanation: Explanation, raster: Raster, count: int, bits: Bits | None
) -> list[Place]:
    """Return the most expensive squares of a picture; those at its edges may be smaller."""
    costs = raster.arrange(bits_of_bytes(explanation, bits)).sum(axis=2)
    sums = tile_sums(costs, _SQUARE_PIXELS)
    places = []
    for number in np.argsort(-sums, axis=None, kind="stable")[:count].tolist():
        row, column = divmod(number, sums.shape[1])
        if sums[row, column] <= 0:
            break
        title = f"pixels from x {column * _SQUARE_PIXELS}, y {row * _SQUARE_PIXELS}"
        places.append(Place(0, 0, float(sums[row, column]), b"", b"", b"", title))
    return places


def _dearest_records(explanation: Explanation, count: int, bits: Bits | None) -> list[Place]:
    costs = explanation.entries.bits if bits is None else bits
    found = []
    if explanation.images is not None:
        sums = costs[explanation.images].sum(axis=(1, 2))
        found += [(float(one), "image", number) for number, one in enumerate(sums)]
    for number, caption in enumerate(explanation.captions):
        found.append((float(costs[caption].sum()), "caption", number))
    found.sort(key=lambda one: -one[0])
    return [
        Place(0, 0, cost, b"", caption_text(explanation, number), b"", f"{what} {number}")
        for cost, what, number in found[:count]
    ]


def caption_text(explanation: Explanation, number: int) -> bytes:
    """Return the bytes of a caption, empty where an image has none."""
    if number >= len(explanation.captions):
        return b""
    labels = map(explanation.label, explanation.captions[number].tolist())
    return b"".join(one for one in labels if isinstance(one, bytes))
