"""Results as one HTML file that opens offline: tables that sort, charts that tell."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from string import Template

from neurocomp.bench.suite.charts import Point, Scatter, Strip, scatter, strips
from neurocomp.bench.suite.html_tables import Cell, measured, size, table
from neurocomp.bench.suite.peers import peers
from neurocomp.bench.suite.results import Results
from neurocomp.bench.suite.rows import Row
from neurocomp.bench.suite.summary import (
    BASELINE,
    SHOWN_GAIN,
    Total,
    comparable,
    gains,
    pareto,
    short_labels,
    totals,
)
from neurocomp.bench.suite.tables import SPEEDS, megabytes, speed

_FOLDER = Path(__file__).with_name("page")
_FLOOR, _OURS = "store", "neurocomp"
_NO_WEIGHTS_BYTES = 1e5


def render(results: Results) -> str:
    """Return the page."""
    page = Template((_FOLDER / "page.html").read_text(encoding="utf-8"))
    return page.substitute(
        title=escape(results.title),
        style=(_FOLDER / "page.css").read_text(encoding="utf-8"),
        script=(_FOLDER / "page.js").read_text(encoding="utf-8"),
        facts=_facts(results),
        note=f'<p class="note">{escape(results.note)}</p>' if results.note else "",
        speeds=escape(SPEEDS),
        totals=_totals(results.rows),
        charts="\n".join(_charts(results.rows)),
        rows=_rows(results.rows),
        left_out=_left_out(results),
        programs=_programs(results.rows),
    )


def _facts(results: Results) -> str:
    facts = {
        "Machine": results.machine,
        "Date": results.date,
        "neurocomp": results.commit and f"commit {results.commit}",
        "Runs of each row": f"{results.repeats}, medians" if results.repeats > 1 else "1",
        "Time limit": "" if results.timeout is None else f"{results.timeout:g} s each way",
        "Rows": f"{sum(row.is_ok for row in results.rows)} of {len(results.rows)} decoded and "
        "compared",
    }
    return "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>"
        for name, value in facts.items()
        if value
    )


def _totals(rows: Sequence[Row]) -> str:
    sums = totals(rows)
    most = max((total.num_files for total in sums), default=0)
    unit = next((total.unit for total in sums if total.unit), "")
    header = ["contender", "files", "bits per byte", "bytes", "with weights", "and program"]
    header += ["KB/s", "KB/s back", "s", "s back", "MB memory"] + (
        [f"bits per {unit}"] if unit else []
    )
    lines = []
    for total in sums:
        files = f"{total.num_files} of {most}" if total.num_files < most else str(total.num_files)
        cells: list[Cell] = [
            (total.title, total.title),
            (files, total.num_files),
            measured(f"{total.bits_per_byte:.3f}", total.bits_per_byte, total.num_files),
            measured(f"{total.compressed_bytes:,}", total.compressed_bytes, total.num_files),
            measured(f"{total.with_model_bytes:,}", total.with_model_bytes, total.num_files),
            size(total.with_program_bytes if total.num_files else None),
            (speed(total.compress_speed), total.compress_speed),
            (speed(total.decompress_speed), total.decompress_speed),
            (_seconds(total.compress_wall), total.compress_wall),
            (_seconds(total.decompress_wall), total.decompress_wall),
            (megabytes(total.memory_bytes), total.memory_bytes),
        ]
        if unit:
            bits = total.bits_per_unit if total.unit == unit else None
            cells.append(("" if bits is None else f"{bits:.3f}", bits))
        lines.append((_kind(total.program), cells))
    return table("totals", "All files together", header, lines)


def _rows(rows: Sequence[Row]) -> str:
    has_units = any(row.num_units for row in rows)
    header = ["file", "contender", "bits per byte", "bytes", "of", "weights"]
    header += ["bits per symbol"] if has_units else []
    header += ["CPU s", "CPU s back", "s", "s back", "MB", "MB back", "state"]
    lines = []
    for row in rows:
        bits = row.bits_per_unit
        symbol = "" if bits is None else f"{bits:.3f} / {row.unit}"
        state = str(row.state) + (f": {row.message}" if row.message else "")
        state += " (pixels)" if row.compared == "pixels" else ""
        ok = row.is_ok
        cells: list[Cell] = [
            (row.file, row.file),
            (row.title, row.title),
            measured(f"{row.bits_per_byte:.3f}", row.bits_per_byte, ok),
            measured(f"{row.compressed_bytes:,}", row.compressed_bytes, ok),
            (f"{row.content_bytes:,}", row.content_bytes),
            (f"{row.model_bytes:,}" if row.model_bytes else "", row.model_bytes),
            *([(symbol, bits)] if has_units else []),
            (_seconds(row.compress_cpu), row.compress_cpu),
            (_seconds(row.decompress_cpu), row.decompress_cpu),
            (_seconds(row.compress_wall), row.compress_wall),
            (_seconds(row.decompress_wall), row.decompress_wall),
            (megabytes(row.compress_memory), row.compress_memory),
            (megabytes(row.decompress_memory), row.decompress_memory),
            (state, state),
        ]
        kind = _kind(row.program) if ok else "bad"
        lines.append((kind, cells))
    return table("rows", "Every file by every contender", header, lines)


def _programs(rows: Sequence[Row]) -> str:
    header = ["contender", "version", "program bytes", "flags"]
    lines = []
    for row in {row.contender: row for row in rows}.values():
        cells: list[Cell] = [
            (row.contender, row.contender),
            (row.version, row.version),
            size(row.program_bytes),
            (row.flags, row.flags),
        ]
        lines.append((_kind(row.program), cells))
    return table("programs", "Versions and command lines", header, lines)


def _left_out(results: Results) -> str:
    if not results.left_out:
        return ""
    lines: list[tuple[str, list[Cell]]] = [
        ("", [(name, name), (reason, reason)]) for name, reason in results.left_out
    ]
    shown = table("left-out", "What took no part", ["what", "why"], lines)
    return f"<section><h2>Left out</h2>{shown}</section>"


def _charts(rows: Sequence[Row]) -> Iterable[str]:
    # What makes nothing smaller has no place on a chart of sizes.
    sums = [one for one in comparable(rows) if one.compressed_bytes < one.content_bytes]
    labels = short_labels(sums)
    for back in (False, True):
        speeds = [(one, one.decompress_speed if back else one.compress_speed) for one in sums]
        points = [_speed_point(one, value, labels[one.title]) for one, value in speeds if value]
        if not points:
            continue
        verb = "decompressing" if back else "compressing"
        front = pareto([(point.x, point.y) for point in points])
        chart = Scatter(
            title=f"Bits per byte against speed of {verb}",
            x_label=f"bytes of content per second of CPU time, {verb}",
            y_label="bits per byte",
            points=points,
            front=front,
        )
        yield _figure(
            f"Size against speed, {verb}",
            "Lower is smaller, further right is faster. The line joins the contenders that no "
            "other beats in both size and speed.",
            scatter(chart),
        )
    by_file = gains(rows)
    if by_file:
        lines = [
            Strip(file, points)
            for file, group in by_file.items()
            if (points := [_gain_point(row, gain) for row, gain in group if row.program != _FLOOR])
        ]
        if lines:
            yield _figure(
                f"Gain over {BASELINE}, by file",
                f"How much smaller than {BASELINE} each contender makes each file; left of the "
                "line it is larger, at the edge more than twice as large.",
                strips(f"Gain over {BASELINE} by file", f"smaller than {BASELINE}, %", lines),
            )
    if any(one.model_bytes for one in sums):
        yield _figure(
            "Size against weights",
            "A reader also needs the model's weights, once. They are not counted in the bits per "
            "byte here.",
            scatter(_weights(sums, labels)),
        )


def _weights(sums: Sequence[Total], labels: dict[str, str]) -> Scatter:
    return Scatter(
        title="Bits per byte against bytes of weights",
        x_label="bytes of weights",
        y_label="bits per byte",
        points=[
            Point(
                one.model_bytes or _NO_WEIGHTS_BYTES,
                one.bits_per_byte,
                one.title,
                (f"{one.bits_per_byte:.3f} bits per byte", f"{one.model_bytes:,} bytes of weights"),
                _kind(one.program),
                labels[one.title] if one.model_bytes or one.program == _OURS else "",
            )
            for one in sums
        ],
        x_names={_NO_WEIGHTS_BYTES: "none"},
        height=360,
    )


def _speed_point(total: Total, value: float, label: str) -> Point:
    tip = (
        f"{total.bits_per_byte:.3f} bits per byte",
        f"{speed(total.compress_speed)} KB/s, {speed(total.decompress_speed)} KB/s back",
        f"{megabytes(total.memory_bytes)} MB",
    )
    return Point(value, total.bits_per_byte, total.title, tip, _kind(total.program), label)


def _gain_point(row: Row, gain: float) -> Point:
    tip = (f"{100 * gain:+.1f} % against {BASELINE}", f"{row.bits_per_byte:.3f} bits per byte")
    place = 100 * max(gain, SHOWN_GAIN)
    return Point(place, 0.0, f"{row.file}: {row.title}", tip, _kind(row.program))


def _figure(title: str, text: str, chart: str) -> str:
    return (
        f'<figure class="chart"><figcaption><h3>{escape(title)}</h3><p>{escape(text)}</p>'
        f"</figcaption>{chart}</figure>"
    )


def _kind(program: str) -> str:
    if program == _OURS:
        return "ours"
    if program == _FLOOR:
        return "floor"
    return "peer" if program in peers() else "custom"


def _seconds(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" if value < 1 else f"{value:.1f}"
