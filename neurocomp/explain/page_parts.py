"""Pieces of the page: tables, the curve, coloured text, pictures."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Sequence
from html import escape

import numpy as np

from neurocomp.explain.cells import Cell, as_text, caption_symbol, visible
from neurocomp.explain.comparison import Comparison
from neurocomp.explain.explanation import Explanation
from neurocomp.explain.painter import Painter
from neurocomp.explain.pictures import Pixels
from neurocomp.explain.png import to_png
from neurocomp.explain.summary import Curve, KindCost, OpinionCost, Place

_WIDTH, _HEIGHT = 1000, 160


def text_of(cells: Iterable[Cell], painter: Painter, anchors: set[int]) -> Iterator[str]:
    """Yield the cells as HTML.

    Args:
        cells: cells of the content.
        painter: painter of their colours.
        anchors: first entries of cells that are linked to.
    """
    for cell in cells:
        shown = escape(visible(cell.text)).replace("\n", "¶\n")
        count = cell.last - cell.first
        more = f' data-n="{count}"' if count > 1 else ""
        anchor = f' id="e{cell.first}"' if cell.first in anchors else ""
        colour = painter.of(cell.first, cell.last)
        yield f'<i class="c {colour}" data-e="{cell.first}"{more}{anchor}>{shown}</i>'


def cards_of(
    explanation: Explanation, painter: Painter, pictures: Pixels | None, count: int
) -> Iterator[str]:
    """Yield the first images and captions of a token set, each as a card."""
    images, captions = explanation.images, explanation.captions
    num_images = 0 if images is None else len(images)
    for number in range(min(max(num_images, len(captions)), count)):
        parts = []
        if images is not None and number < num_images:
            parts.append(
                _frame(images[number], painter, None if pictures is None else pictures[number])
            )
        caption = captions[number].tolist() if number < len(captions) else []
        bits = explanation.entries.bits
        text = "".join(
            f'<i class="c {painter.of(one, one + 1)}" data-e="{one}">'
            f"{escape(caption_symbol(explanation, one))}</i>"
            for one in caption
        )
        total = float(bits[caption].sum()) if caption else 0.0
        if images is not None and number < num_images:
            total += float(bits[images[number]].sum())
        parts.append(f"<figcaption>{text}<br><span class=quiet>{number}: {total:.1f} bits</span>")
        yield f"<figure>{''.join(parts)}</figcaption></figure>"


def _frame(places: np.ndarray, painter: Painter, picture: np.ndarray | None) -> str:
    rows, columns = places.shape
    shown = ""
    if picture is not None:
        coded = base64.b64encode(to_png(picture)).decode()
        shown = f'<img alt="" src="data:image/png;base64,{coded}">'
    codes = "".join(
        f'<b class="c {painter.of(one, one + 1)}" data-e="{one}"></b>'
        for one in places.reshape(-1).tolist()
    )
    over = " over" if shown else ""
    return (
        f'<div class="frame" style="--aspect: {columns}/{rows}; --columns: {columns}">{shown}'
        f'<div class="codes{over}">{codes}</div></div>'
    )


def kind_table(kinds: Sequence[KindCost], against: dict[str, float] | None) -> str:
    """Return the cost of each kind of symbols as a table."""
    total = sum(kind.bits for kind in kinds) or 1.0
    other = "" if against is None else "<th>other model</th><th>difference</th>"
    rows = []
    for kind in kinds:
        compared = ""
        if against is not None:
            bits = against[kind.name]
            compared = f"<td>{bits:.0f}</td><td>{kind.bits - bits:+.0f}</td>"
        share = kind.bits / total
        rows.append(
            f"<tr><td>{escape(kind.name)}</td><td>{kind.num_symbols}</td><td>{kind.bits:.0f}</td>"
            f"<td>{kind.bits / kind.num_symbols:.2f}</td><td>{100 * share:.1f} %</td>{compared}"
            f'<td class="bar"><span style="width: {100 * share:.1f}%"></span></td></tr>'
        )
    head = "<th>kind</th><th>symbols</th><th>bits</th><th>bits each</th><th>share</th>"
    return f"<table><tr>{head}{other}<th></th></tr>{''.join(rows)}</table>"


def opinion_table(opinions: Sequence[OpinionCost], num_symbols: int) -> str:
    """Return the cost under each part of the model alone, as a table."""
    rows = "".join(
        f"<tr><td>{escape(one.name)}</td><td>{100 * one.num_symbols / num_symbols:.1f} %</td>"
        f"<td>{one.bits / one.num_symbols:.2f}</td><td>{one.coded_bits / one.num_symbols:.2f}</td>"
        "</tr>"
        for one in opinions
    )
    head = "<th>part</th><th>predicted</th><th>bits each, alone</th><th>bits each, coded</th>"
    return f"<table><tr>{head}</tr>{rows}</table>"


def place_table(places: Sequence[Place], anchors: Sequence[int | None]) -> str:
    """Return the most expensive places as a table; ``anchors`` are entries that can be seen."""
    rows = []
    for place, anchor in zip(places, anchors, strict=True):
        where = place.title or f"byte {place.offset}, line {place.line}"
        if anchor is not None:
            where = f'<a href="#e{anchor}">{where}</a>'
        mark = f"<mark>{_escaped(place.text)}</mark>" if place.text else ""
        shown = f"{_escaped(place.before)}{mark}{_escaped(place.after)}"
        rows.append(
            f'<tr><td>{where}</td><td>{place.bits:.1f} bits</td><td class="place">{shown}</td></tr>'
        )
    return f"<table>{''.join(rows)}</table>"


def _escaped(text: bytes) -> str:
    return escape(visible(as_text(text)).replace("\n", "¶"))


def curve_picture(one: Curve, other: Curve | None, names: tuple[str, str]) -> str:
    """Return the cost along the file as an SVG."""
    most = max(float(one.costs.max(initial=0)), 1e-9)
    if other is not None:
        most = max(most, float(other.costs.max(initial=0)))
    lines = []
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        y = _HEIGHT * (1 - share)
        lines.append(f'<line class="grid" x1="0" x2="{_WIDTH}" y1="{y:.0f}" y2="{y:.0f}"/>')
        lines.append(f'<text x="-6" y="{y + 4:.0f}" text-anchor="end">{most * share:.2f}</text>')
    first, last = float(one.edges[0]), float(one.edges[-1])
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        at = first + (last - first) * share
        x, y = _WIDTH * share, _HEIGHT + 16
        lines.append(f'<text x="{x:.0f}" y="{y}" text-anchor="middle">{at:.0f}</text>')
    lines.append(_line(one, most, "one", names[0]))
    if other is not None:
        lines.append(_line(other, most, "other", names[1]))
    return (
        f'<svg viewBox="-45 -8 {_WIDTH + 60} {_HEIGHT + 30}" role="img" preserveAspectRatio="none">'
        f"{''.join(lines)}</svg>"
    )


def _line(curve: Curve, most: float, name: str, title: str) -> str:
    first, span = float(curve.edges[0]), float(curve.edges[-1] - curve.edges[0]) or 1.0
    points: list[str] = []
    for left, right, cost in zip(curve.edges[:-1], curve.edges[1:], curve.costs, strict=True):
        y = _HEIGHT * (1 - float(cost) / most)
        points += [f"{_WIDTH * (float(edge) - first) / span:.1f},{y:.1f}" for edge in (left, right)]
    shape = " ".join(points)
    return f'<polyline class="{name}" points="{shape}"><title>{escape(title)}</title></polyline>'


def compared_line(comparison: Comparison) -> str:
    """Return in words what both models took."""
    one, other = comparison.one, comparison.other
    change = one.frame_bytes - other.frame_bytes
    share = 100 * change / max(other.frame_bytes, 1)
    return (
        f"<p>{escape(other.model)} takes {other.frame_bytes} bytes; {escape(one.model)} "
        f"{change:+d} bytes ({share:+.1f} %)."
        f" Blue is what {escape(one.model)} codes in fewer bits, red what costs it more.</p>"
    )
