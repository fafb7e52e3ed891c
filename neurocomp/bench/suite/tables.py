"""Results as cells of tables, for the terminal and for Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from neurocomp.bench.suite.results import Results
from neurocomp.bench.suite.rows import Row
from neurocomp.bench.suite.summary import Total, totals

_HEADER = ("contender", "files", "failed", "bytes", "bpb", "with model", "KB/s", "KB/s back", "MB")
_MOST_COLUMNS = 12
"""Contenders that a table of all files has room for."""

SPEEDS = (
    "Sizes are those of whole files, decoded again and compared. Speeds are in 1000 bytes of "
    "content for each second of CPU time, of all threads together, the program's start included; "
    "MB is the largest memory of one process."
)


Table = tuple[tuple[str, ...], list[tuple[str, ...]]]
"""A header, and rows of as many cells."""


def totals_table(rows: Sequence[Row]) -> Table:
    """Return a row for each contender; with bits per token and the like, where there are some."""
    sums = totals(rows)
    cells = [_total_cells(total) for total in sums]
    unit = next((total.unit for total in sums if total.unit), "")
    if not unit:
        return _HEADER, cells
    bits = [total.bits_per_unit if total.unit == unit else None for total in sums]
    more = ["" if one is None else f"{one:.3f}" for one in bits]
    return (*_HEADER, f"bits/{unit}"), [(*row, cell) for row, cell in zip(cells, more, strict=True)]


def markdown(results: Results) -> str:
    """Return the results as a page of Markdown."""
    rows = results.rows
    parts = [f"# {results.title}\n"]
    if results.note:
        parts.append(f"{results.note}\n")
    parts.append(f"{SPEEDS}\n")
    lines = [f"Machine: {results.machine}", f"Date: {results.date}"]
    lines += [f"Commit: {results.commit}"] if results.commit else []
    lines += [f"Runs of each row: {results.repeats}, medians"] if results.repeats > 1 else []
    parts.append("\n".join(f"- {line}" for line in lines) + "\n")
    parts.append(_table(*totals_table(rows)))
    titles = list(dict.fromkeys(row.title for row in rows))
    if len(titles) <= _MOST_COLUMNS:
        parts.append("## Bits per byte, by file\n")
        parts.append(_table(("file", "bytes", *titles), _by_file(rows, titles)))
    else:
        parts.append("Every file: results.csv.\n")
    bad = [row for row in rows if not row.is_ok]
    if bad:
        cells = [(row.file, row.title, str(row.state), row.message) for row in bad]
        parts.append("## Rows without a result\n")
        parts.append(_table(("file", "contender", "state", "why"), cells))
    if results.left_out:
        parts.append("## Left out\n")
        parts.append(_table(("what", "why"), list(results.left_out)))
    return "\n".join(parts)


def speed(value: float | None) -> str:
    """Return bytes a second as thousands."""
    if value is None:
        return "-"
    return f"{value / 1000:.0f}" if value >= 10_000 else f"{value / 1000:.2g}"


def megabytes(value: int | None) -> str:
    """Return bytes as millions."""
    return "-" if value is None else f"{value / 1e6:.0f}"


def _total_cells(total: Total) -> tuple[str, ...]:
    return (
        total.title,
        str(total.num_files),
        str(total.num_failed) if total.num_failed else "",
        str(total.compressed_bytes),
        f"{total.bits_per_byte:.3f}" if total.num_files else "-",
        str(total.with_model_bytes),
        speed(total.compress_speed),
        speed(total.decompress_speed),
        megabytes(total.memory_bytes),
    )


def _by_file(rows: Sequence[Row], titles: Sequence[str]) -> list[tuple[str, ...]]:
    found = {(row.file, row.title): row for row in rows}
    sizes = {row.file: row.content_bytes for row in rows}
    return [
        (file, str(size), *(_bits(found.get((file, title))) for title in titles))
        for file, size in sizes.items()
    ]


def _bits(row: Row | None) -> str:
    if row is None:
        return ""
    return f"{row.bits_per_byte:.3f}" if row.is_ok else str(row.state)


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    escaped = [[cell.replace("|", "\\|").replace("\n", " ") for cell in line] for line in lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in escaped) + "\n"
