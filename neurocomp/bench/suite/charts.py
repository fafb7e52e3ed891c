"""Charts of a report as SVG; mouse and keyboard reach every point, which says what it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html import escape

from neurocomp.bench.suite.scales import Scale, fitting

WIDTH = 640
_LEFT, _RIGHT, _TOP, _BOTTOM = 64.0, 20.0, 16.0, 52.0
_LETTER = 6.3
"""Width of a letter of a label, in pixels."""

_BOLD_LETTER = 7.2


@dataclass(frozen=True)
class Point:
    """A mark on a chart.

    Attributes:
        x, y: values.
        name: name of the point, for its label and for readers who can't see it.
        tip: more about it: lines.
        kind: class of its looks: "ours", "peer", "custom".
        label: text beside the point, if there is room.
    """

    x: float
    y: float
    name: str
    tip: tuple[str, ...]
    kind: str
    label: str = ""


@dataclass(frozen=True)
class Scatter:
    """A chart of points.

    Attributes:
        title: title of the chart, for readers who can't see it.
        x_label, y_label: labels of the axes.
        points: the points, at least one.
        front: numbers of points that a line connects, in order.
        is_log: whether the x axis is logarithmic.
        x_names: labels of places on the x axis that are not numbers of it.
        height: height in pixels.
    """

    title: str
    x_label: str
    y_label: str
    points: Sequence[Point]
    front: Sequence[int] = ()
    is_log: bool = True
    x_names: dict[float, str] = field(default_factory=dict)
    height: int = 430


def scatter(chart: Scatter) -> str:
    """Return a chart of points as an SVG element."""
    bottom = chart.height - _BOTTOM
    x = fitting([one.x for one in chart.points], _LEFT, WIDTH - _RIGHT, is_log=chart.is_log)
    y = fitting([one.y for one in chart.points], bottom, _TOP)
    parts = [_open(chart.title, chart.height)]
    parts += _x_axis(x, _TOP, bottom, chart.x_label, chart.x_names)
    parts += _y_axis(y, chart.y_label)
    if len(chart.front) > 1:
        places = [(x.place(chart.points[k].x), y.place(chart.points[k].y)) for k in chart.front]
        steps = [f"M{places[0][0]:.1f},{places[0][1]:.1f}"]
        steps += [f"H{px:.1f}V{py:.1f}" for px, py in places[1:]]
        parts.append(f'<path class="front" d="{"".join(steps)}"/>')
    parts += [_mark(x.place(one.x), y.place(one.y), one) for one in chart.points]
    parts += _labels(chart, x, y)
    return "\n".join([*parts, "</svg>"])


@dataclass(frozen=True)
class Strip:
    """A line of a strip chart: a name, and points at the same height."""

    name: str
    points: Sequence[Point]


def strips(title: str, x_label: str, lines: Sequence[Strip]) -> str:
    """Return a chart with a line for each name as an SVG element; x of a point is all that counts.

    Args:
        title: title of the chart, for readers who can't see it.
        x_label: label of the axis.
        lines: the lines, at least one, each with at least one point.
    """
    left = 24 + _LETTER * min(max(len(line.name) for line in lines), 34)
    height = int(_TOP + 24 * len(lines) + _BOTTOM)
    bottom = height - _BOTTOM
    values = [point.x for line in lines for point in line.points]
    x = fitting([0.0, *values], left, WIDTH - _RIGHT, margin=0.04)
    parts = [_open(title, height), *_x_axis(x, _TOP, bottom, x_label, {})]
    zero = x.place(0.0)
    parts.append(f'<path class="zero" d="M{zero:.1f},{_TOP}V{bottom:.1f}"/>')
    for number, line in enumerate(lines):
        y = _TOP + 24 * number + 12
        name = line.name if len(line.name) <= 34 else f"{line.name[:33]}…"
        parts.append(
            f'<text class="name" x="{left - 8:.1f}" y="{y + 4:.1f}" text-anchor="end">'
            f"{escape(name)}</text>"
        )
        parts.append(f'<path class="grid" d="M{left:.1f},{y:.1f}H{WIDTH - _RIGHT}"/>')
        ordered = sorted(line.points, key=lambda point: point.kind == "ours")
        parts += [_mark(x.place(point.x), y, point, radius=4.5) for point in ordered]
    return "\n".join([*parts, "</svg>"])


def _open(title: str, height: int) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" role="group" aria-label="{escape(title)}" '
        'xmlns="http://www.w3.org/2000/svg">'
    )


def _x_axis(
    scale: Scale, top: float, bottom: float, label: str, names: dict[float, str]
) -> Iterable[str]:
    own = [tick for tick in scale.ticks() if not names or tick > 1.5 * max(names)]
    for value, text in [*((tick, short(tick)) for tick in own), *names.items()]:
        place = scale.place(value)
        yield f'<path class="grid" d="M{place:.1f},{top}V{bottom:.1f}"/>'
        yield (
            f'<text x="{place:.1f}" y="{bottom + 18:.1f}" text-anchor="middle">'
            f"{escape(text)}</text>"
        )
    middle = (scale.start + scale.end) / 2
    yield (
        f'<text class="axis" x="{middle:.1f}" y="{bottom + 40:.1f}" text-anchor="middle">'
        f"{escape(label)}</text>"
    )


def _y_axis(scale: Scale, label: str) -> Iterable[str]:
    for tick in scale.ticks():
        place = scale.place(tick)
        yield f'<path class="grid" d="M{_LEFT},{place:.1f}H{WIDTH - _RIGHT}"/>'
        yield (f'<text x="{_LEFT - 8}" y="{place + 4:.1f}" text-anchor="end">{tick:.4g}</text>')
    middle = (scale.start + scale.end) / 2
    yield (
        f'<text class="axis" transform="translate(16,{middle:.1f}) rotate(-90)" '
        f'text-anchor="middle">{escape(label)}</text>'
    )


def _mark(x: float, y: float, point: Point, radius: float = 6.0) -> str:
    told = "\n".join((point.name, *point.tip))
    return (
        f'<g class="point {point.kind}" tabindex="0" role="img" aria-label="{escape(told)}">'
        f'<title>{escape(told)}</title><circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}"/></g>'
    )


def _labels(chart: Scatter, x: Scale, y: Scale) -> Iterable[str]:
    """Write names beside points, those first that are on the front; none over another one."""
    taken = [(x.place(one.x) - 6, y.place(one.y) - 6, 12.0, 12.0) for one in chart.points]
    front = set(chart.front)
    order = sorted(
        range(len(chart.points)), key=lambda k: (chart.points[k].kind != "ours", k not in front)
    )
    for k in order:
        point = chart.points[k]
        if not point.label:
            continue
        wide = _BOLD_LETTER if point.kind == "ours" else _LETTER
        width, height = wide * len(point.label), 13.0
        px, py = x.place(point.x), y.place(point.y)
        places = (
            (px + 9, py - 6),
            (px - 9 - width, py - 6),
            (px - width / 2, py - 22),
            (px - width / 2, py + 9),
            (px + 9, py + 5),
            (px + 9, py - 19),
        )
        for left, top in places:
            box = (left, top, width, height)
            inside = left >= _LEFT and left + width <= WIDTH and top >= 0
            if inside and not any(_overlap(box, other) for other in taken):
                taken.append(box)
                yield (
                    f'<text class="label {point.kind}" x="{left:.1f}" y="{top + 10:.1f}">'
                    f"{escape(point.label)}</text>"
                )
                break


def _overlap(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return a[0] < b[0] + b[2] and b[0] < a[0] + a[2] and a[1] < b[1] + b[3] and b[1] < a[1] + a[3]


def short(value: float) -> str:
    """Return a number as people write it: 20k, 3M, 0.5."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.4g}{letter}"
    return f"{value:.4g}"
