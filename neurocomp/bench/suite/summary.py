"""Sums over the files of a suite, and who is ahead: what tables and plots show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from neurocomp.bench.suite.rates import Rates
from neurocomp.bench.suite.rows import Row

BASELINE = "xz"
"""The program that gains are counted from."""

SHOWN_GAIN = -1.0
"""The least gain that plots have room for: what is worse stands at the edge."""


@dataclass(frozen=True)
class Total(Rates):
    """The results of a contender, summed over several files.

    Attributes:
        title: contender and threads.
        program: name of the contender's program.
        version: version of the program.
        num_files: files that were coded, decoded and compared.
        num_failed: files that were not.
        content_bytes, compressed_bytes: sums over the former.
        model_bytes: weights that a reader needs for all of them: the most that one of them needs.
        program_bytes: size of the program's file; None where unknown.
        compress_cpu, decompress_cpu: seconds, sums; None where one is unknown.
        compress_wall, decompress_wall: likewise.
        memory_bytes: the most of both directions; None where unknown.
        unit: unit of all files, if they have the same one, with its sum ``num_units``.
        num_units: number of units.
    """

    title: str
    program: str
    version: str
    num_files: int
    num_failed: int
    content_bytes: int
    compressed_bytes: int
    model_bytes: int
    program_bytes: int | None
    compress_cpu: float | None
    decompress_cpu: float | None
    compress_wall: float | None
    decompress_wall: float | None
    memory_bytes: int | None
    unit: str
    num_units: int


def totals(rows: Iterable[Row]) -> list[Total]:
    """Return the sums of each contender over the files it got right, in the order of the rows."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.title, []).append(row)
    return [_total(group) for group in groups.values()]


def comparable(rows: Sequence[Row]) -> list[Total]:
    """Return the totals of the contenders that got every file right; the others have no place.

    Where there is none, all are compared on the files that all of them got right.
    """
    sums = totals(rows)
    num_files = len({row.file for row in rows})
    complete = [total for total in sums if total.num_files == num_files]
    if complete:
        return complete
    right = {
        title: {row.file for row in rows if row.title == title and row.is_ok}
        for title in {row.title for row in rows}
    }
    common = set.intersection(*right.values()) if right else set()
    return totals([row for row in rows if row.file in common and row.is_ok])


def short_labels(sums: Sequence[Total]) -> dict[str, str]:
    """Return, by title, names that are short: without flags where a program takes part once."""
    programs = [total.program for total in sums]
    labels = {}
    for total in sums:
        once = programs.count(total.program) == 1
        labels[total.title] = total.program if once else total.title.replace("--preset ", "")
    return labels


def pareto(points: Sequence[tuple[float, float]]) -> list[int]:
    """Return the numbers of the points that none beats in both: larger first, smaller second.

    Sorted by the first coordinate, downwards.
    """
    order = sorted(range(len(points)), key=lambda k: (-points[k][0], points[k][1]))
    front: list[int] = []
    for k in order:
        if not front or points[k][1] < points[front[-1]][1]:
            front.append(k)
    return front


def gains(rows: Iterable[Row]) -> dict[str, list[tuple[Row, float]]]:
    """Return, by file, each row with how much smaller it is than the baseline's, as a share of it.

    Files that the baseline has no row of are left out, and so is the baseline itself.
    """
    good = [row for row in rows if row.is_ok]
    base: dict[str, Row] = {}
    for row in good:
        if row.program == BASELINE and row.compressed_bytes:
            base.setdefault(row.file, row)
    found: dict[str, list[tuple[Row, float]]] = {}
    for row in good:
        if row.file in base and row is not base[row.file]:
            gain = 1 - row.compressed_bytes / base[row.file].compressed_bytes
            found.setdefault(row.file, []).append((row, gain))
    return found


def _total(group: Sequence[Row]) -> Total:
    good = [row for row in group if row.is_ok]
    units = {row.unit for row in good}
    unit = units.pop() if len(units) == 1 else ""
    memories = [
        size
        for row in good
        for size in (row.compress_memory, row.decompress_memory)
        if size is not None
    ]
    return Total(
        title=group[0].title,
        program=group[0].program,
        version=group[0].version,
        num_files=len(good),
        num_failed=len(group) - len(good),
        content_bytes=sum(row.content_bytes for row in good),
        compressed_bytes=sum(row.compressed_bytes for row in good),
        model_bytes=max((row.model_bytes for row in good), default=0),
        program_bytes=group[0].program_bytes,
        compress_cpu=_sum([row.compress_cpu for row in good]),
        decompress_cpu=_sum([row.decompress_cpu for row in good]),
        compress_wall=_sum([row.compress_wall for row in good]),
        decompress_wall=_sum([row.decompress_wall for row in good]),
        memory_bytes=max(memories, default=None),
        unit=unit,
        num_units=sum(row.num_units for row in good) if unit else 0,
    )


def _sum(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known and len(known) == len(values) else None
