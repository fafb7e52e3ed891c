"""An explanation as lines for a terminal or a pipe."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from neurocomp.cli.ui.text import format_table

if TYPE_CHECKING:
    from neurocomp.explain import Explanation
    from neurocomp.explain.comparison import Comparison

_CURVE_COLUMNS = 64
_HEAT_COLUMNS, _FIGURE_COLUMNS = 36, 12
_PLACES = "most expensive places"


def wants_colour(choice: str) -> bool:
    """Return whether standard output takes colours: https://no-color.org.

    Args:
        choice: "always", "never" or "auto".
    """
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return sys.stdout is not None and sys.stdout.isatty()


def takes_unicode() -> bool:
    """Return whether standard output has characters beyond ASCII."""
    return (getattr(sys.stdout, "encoding", None) or "").lower().startswith("utf")


def summary_lines(
    one: Explanation, comparison: Comparison | None, num_places: int, *, colour: bool
) -> Iterator[str]:
    """Yield all figures."""
    yield from _sizes(one)
    if comparison is not None:
        from neurocomp.explain.terminal import compared

        yield compared(comparison)
    yield ""
    yield _kinds(one, comparison)
    opinions = _opinions(one)
    if opinions:
        yield ""
        yield opinions
    yield ""
    yield from _curve(one)
    if one.images is not None or one.raster is not None:
        yield ""
        yield from _heat(one, colour=colour)
    places = _places(one, num_places)
    if places:
        yield ""
        yield places


def _sizes(one: Explanation) -> Iterator[str]:
    size = len(one.content)
    rate = f" ({8 * one.frame_bytes / size:.3f} bits per byte)" if size else ""
    yield (
        f"{one.name}: {size} bytes, {one.frame_bytes} compressed{rate}, model {one.model}, "
        f"coder {one.coder}"
    )
    blocks = ", ".join(f"{count} {how}" for how, count in one.coded_with.items())
    yield (
        f"symbols {one.coded_bits:.1f} bits, ends of payloads {one.ending_bits:.1f} bits, sizes of "
        f"sections {one.framing_bytes} bytes, headers and checksums "
        f"{one.frame_bytes - one.payload_bytes} bytes; blocks: {blocks}"
    )
    if one.byte_range is not None:
        start, stop = one.byte_range
        yield f"of bytes {start} to {stop}: {one.total_bits:.1f} bits"


def _kinds(one: Explanation, comparison: Comparison | None) -> str:
    from neurocomp.explain.summary import by_kind

    kinds = by_kind(one)
    total = sum(kind.bits for kind in kinds) or 1.0
    header = ["kind", "symbols", "bytes", "bits", "bits each", "share"]
    against: dict[str, float] | None = None
    if comparison is not None and comparison.bits is not None:
        against = {kind.name: kind.bits for kind in by_kind(one, comparison.bits)}
        header += [comparison.other.model, "difference"]
    rows = []
    for kind in kinds:
        row = [
            kind.name,
            str(kind.num_symbols),
            str(kind.num_bytes) if kind.num_bytes else "-",
            f"{kind.bits:.1f}",
            f"{kind.bits / kind.num_symbols:.3f}",
            f"{100 * kind.bits / total:.1f}%",
        ]
        if against is not None:
            row += [f"{against[kind.name]:.1f}", f"{kind.bits - against[kind.name]:+.1f}"]
        rows.append(row)
    return format_table(header, rows)


def _opinions(one: Explanation) -> str:
    from neurocomp.explain.summary import by_opinion

    rows = [
        (
            part.name,
            f"{100 * part.num_symbols / len(one.entries):.1f}%",
            f"{part.bits / part.num_symbols:.3f}",
            f"{part.coded_bits / part.num_symbols:.3f}",
        )
        for part in by_opinion(one)
    ]
    header = ("part of the model", "predicted", "bits each, alone", "bits each, coded")
    return format_table(header, rows) if rows else ""


def _curve(one: Explanation) -> Iterator[str]:
    from neurocomp.explain.summary import curve_of
    from neurocomp.explain.terminal import sparkline

    curve = curve_of(one, _CURVE_COLUMNS)
    most = float(curve.costs.max(initial=0))
    size = (curve.edges[-1] - curve.edges[0]) / max(curve.costs.size, 1)
    yield (
        f"cost along the file: each column is {size:.0f} {curve.unit}s; the peak is {most:.3f} "
        f"bits per {curve.unit}"
    )
    yield sparkline(curve, is_unicode=takes_unicode())


def _heat(one: Explanation, *, colour: bool) -> Iterator[str]:
    from neurocomp.explain.pictures import image_costs, plane_costs
    from neurocomp.explain.raster import tile_means, tile_side
    from neurocomp.explain.terminal import heat_figures, heat_lines

    if one.raster is not None:
        pixels = plane_costs(one).mean(axis=2)
        side = tile_side(pixels.shape, _HEAT_COLUMNS if colour else _FIGURE_COLUMNS)
        costs = tile_means(pixels, side)
        yield f"bits per byte over the picture, means of {side} x {side} pixels"
    else:
        costs = image_costs(one).mean(axis=0)
        yield f"bits of a code by its place, mean of {len(image_costs(one))} images"
    yield from heat_lines(costs) if colour else heat_figures(costs)


def _places(one: Explanation, count: int) -> str:
    from neurocomp.explain.summary import dearest
    from neurocomp.explain.terminal import one_line

    rows = []
    for place in dearest(one, count):
        where = place.title or f"byte {place.offset}, line {place.line}"
        text = one_line([place.text])
        if place.before or place.after:
            text = f"{one_line([place.before])}[{text}]{one_line([place.after])}"
        rows.append((where, f"{place.bits:.1f}", text))
    if not rows:
        return ""
    width = max(len(_PLACES), *(len(where) for where, _, _ in rows))
    lines = [f"{_PLACES.ljust(width)}   bits"]
    lines += [f"{where.ljust(width)}  {bits:>5}  {text}".rstrip() for where, bits, text in rows]
    return "\n".join(lines)
