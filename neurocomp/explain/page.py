"""An explanation as one page that needs nothing else: coloured text, pictures, figures."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from neurocomp.codec.trace import Bits
from neurocomp.explain import page_parts as parts
from neurocomp.explain.cells import as_text, cells_of, visible
from neurocomp.explain.comparison import Comparison
from neurocomp.explain.explanation import Explanation
from neurocomp.explain.page_raster import picture_data, picture_of
from neurocomp.explain.painter import Painter, views_of
from neurocomp.explain.pictures import MAX_PICTURES, pictures_of
from neurocomp.explain.summary import Place, by_kind, by_opinion, curve_of, dearest

MAX_ENTRIES = 1 << 16
"""Most symbols that a page shows, with their most likely alternatives: about 5 MB of HTML."""

_CURVE_PIECES = 200
_FOLDER = Path(__file__).parent
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"


def to_page(
    explanation: Explanation, comparison: Comparison | None = None, num_places: int = 20
) -> str:
    """Return the page.

    Args:
        explanation: the explanation to show.
        comparison: a comparison with another model; the page can then show the costs of either and
            their difference, with which it opens.
        num_places: number of the most expensive places to list.
    """
    one = explanation
    against = None if comparison is None else comparison.bits
    painter = Painter(views_of(one, comparison))
    places = dearest(one, num_places)
    anchors = _anchors(one, places)
    head = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(one.name)}: where the bits went</title>",
        f"<style>{_read('page.css')}{painter.rules()}</style></head>",
        f"<body{painter.attribute}>",
        f"<h1>{escape(one.name)}</h1>",
        _lead(one),
    ]
    if comparison is not None:
        head.append(parts.compared_line(comparison))
    body = [
        "<h2>Cost along the file</h2>",
        _curve(one, comparison),
        "<h2>By kind</h2>",
        parts.kind_table(by_kind(one), _kinds_against(one, against)),
        _opinions(one),
        "<h2>Most expensive places</h2>",
        parts.place_table(places, anchors),
        "<h2>Symbol by symbol</h2>" if one.raster is None else "<h2>Pixel by pixel</h2>",
        painter.legend(),
        *_content(one, painter, {one for one in anchors if one is not None}),
    ]
    data = json.dumps(_data(one, comparison), separators=(",", ":")).replace("<", "\\u003c")
    foot = [
        '<div id="tip"></div>',
        f'<script type="application/json" id="data">{data}</script>',
        f"<script>{_read('page.js')}</script></body></html>",
    ]
    return "\n".join([*head, *body, *foot]) + "\n"


def _read(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def _lead(one: Explanation) -> str:
    size = len(one.content)
    rate = f", {8 * one.frame_bytes / size:.3f} bits per byte" if size else ""
    blocks = ", ".join(f"{how}: {count}" for how, count in one.coded_with.items())
    rest = one.frame_bytes - one.payload_bytes
    range_note = ""
    if one.byte_range is not None:
        first, last = one.byte_range
        range_note = f"<p>Shown: bytes {first} to {last}, {one.total_bits:.1f} bits.</p>"
    return (
        f'<p class="lead">{size} bytes, {one.frame_bytes} compressed{rate}. '
        f"Model {escape(one.model)}, coder {escape(one.coder)}.</p>"
        f'<p class="quiet">Symbols {one.coded_bits:.1f} bits, ends of payloads '
        f"{one.ending_bits:.1f} bits, sizes of sections {one.framing_bytes} bytes, headers and "
        f"checksums {rest} bytes. Blocks: {escape(blocks)}.</p>{range_note}"
    )


def _curve(one: Explanation, comparison: Comparison | None) -> str:
    curve = curve_of(one, _CURVE_PIECES)
    other, name = None, ""
    if comparison is not None and comparison.bits is not None:
        other = curve_of(one, _CURVE_PIECES, comparison.bits)
        name = comparison.other.model
    size = float(np.diff(curve.edges).mean()) if curve.costs.size else 0.0
    note = f"Bits a {curve.unit}, means of {size:.0f} {curve.unit}s."
    if other is not None:
        note += f" Red: {escape(one.model)}, blue: {escape(name)}."
    return f'{parts.curve_picture(curve, other, (one.model, name))}<p class="quiet">{note}</p>'


def _kinds_against(one: Explanation, against: Bits | None) -> dict[str, float] | None:
    if against is None:
        return None
    return {kind.name: kind.bits for kind in by_kind(one, against)}


def _opinions(one: Explanation) -> str:
    found = by_opinion(one)
    if not found:
        return ""
    note = (
        '<p class="quiet">What each part of the model would have spent alone on the symbols that '
        "it predicted.</p>"
    )
    return f"<h2>By part of the model</h2>{parts.opinion_table(found, len(one.entries))}{note}"


def _anchors(one: Explanation, places: Sequence[Place]) -> list[int | None]:
    """Return the entry at which each place begins; None where the page does not show it."""
    if not one.has_offsets or one.raster is not None:
        return [None for _ in places]
    offsets = one.entries.offsets[:MAX_ENTRIES]
    starts = [cell.first for cell in cells_of(one, MAX_ENTRIES)]
    found: list[int | None] = []
    for place in places:
        entry = int(np.searchsorted(offsets, place.offset, side="right")) - 1
        if place.offset >= int(offsets[-1]):
            found.append(None)
        else:
            found.append(starts[int(np.searchsorted(starts, entry, side="right")) - 1])
    return found


def _content(one: Explanation, painter: Painter, anchors: set[int]) -> list[str]:
    if one.images is not None or one.captions:
        count = max(0 if one.images is None else len(one.images), len(one.captions))
        pictures = None if one.images is None else pictures_of(one, MAX_PICTURES)
        toggle = ""
        if pictures is not None:
            toggle = '<p><label><input type="checkbox" id="bare"> pictures only</label></p>'
        cards = "".join(parts.cards_of(one, painter, pictures, MAX_PICTURES))
        note = f'<p class="quiet">{min(count, MAX_PICTURES)} of {count} records.</p>'
        return [toggle, f'<div class="cards">{cards}</div>', note]
    if one.raster is not None:
        return [picture_of(one, painter.views)]
    text = "".join(parts.text_of(cells_of(one, MAX_ENTRIES), painter, anchors))
    note = ""
    if len(one.entries) > MAX_ENTRIES:
        note = (
            f'<p class="quiet">The first {MAX_ENTRIES} of {len(one.entries)} symbols; --range '
            "shows others.</p>"
        )
    return [f'<div id="text">{text}</div>{note}']


def _data(one: Explanation, comparison: Comparison | None) -> dict[str, Any]:
    """Return the data of symbols for the page's script."""
    entries = one.entries
    shown = slice(0, MAX_ENTRIES)
    count = min(len(entries), MAX_ENTRIES)
    labels: dict[str, int] = {}
    likely: list[list[int] | None] = []
    for number in range(count):
        row: list[int] = []
        for label, share in one.likely(number):
            text = visible(as_text(label))
            row += [labels.setdefault(text, len(labels)), round(10_000 * share)]
        likely.append(row or None)
    data: dict[str, Any] = {
        "bits": _rounded(entries.bits[shown]),
        "kind": entries.kinds[shown].tolist(),
        "kinds": one.kind_names,
        "offset": entries.offsets[shown].tolist(),
        "texts": [visible(as_text(one.label(number))) for number in range(count)],
        "opinions": {name: _rounded(bits[shown]) for name, bits in entries.opinions.items()},
        "likely": likely,
        "labels": list(labels),
    }
    against = None if comparison is None else comparison.bits
    if one.raster is not None:
        data["picture"] = picture_data(one, against)
    if comparison is not None and against is not None:
        data["against"] = _rounded(against[shown])
        data["against_model"] = comparison.other.model
    return data


def _rounded(bits: Bits) -> list[float | None]:
    return [None if one != one else one for one in np.round(bits, 2).tolist()]
