"""Two results of the same contenders: what grew, what slowed, beyond noise."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass

from neurocomp.bench.suite.results import Results
from neurocomp.bench.suite.rows import Row

_TIMES = {
    "compressing": ("compress_cpu", "compress_cpus"),
    "decompressing": ("decompress_cpu", "decompress_cpus"),
}
_REAL_TIMES = {
    "compressing, real time": ("compress_wall", "compress_walls"),
    "decompressing, real time": ("decompress_wall", "decompress_walls"),
}
"""Real times count where there are several threads: those that wait take no CPU time."""

MEASURES = ("size", *_TIMES, *_REAL_TIMES, "memory")


class Verdict(enum.StrEnum):
    """How a measure of a row changed."""

    SAME = "same"
    BETTER = "better"
    WORSE = "worse"
    BROKEN = "broken"
    MENDED = "mended"
    CHANGED = "other content"


@dataclass(frozen=True)
class Difference:
    """A measure of a row, before and now.

    Attributes:
        file: name of the row's file.
        title: contender and threads.
        measure: one of `MEASURES`, or "state".
        before, now: bytes or seconds, of CPU time unless it says real time; None for a state.
        verdict: meaning of the difference.
        message: message of a row that has no result now.
    """

    file: str
    title: str
    measure: str
    before: float | None
    now: float | None
    verdict: Verdict
    message: str = ""

    @property
    def change(self) -> float | None:
        """The increase, as a share of the old value."""
        return None if not self.before or self.now is None else self.now / self.before - 1


@dataclass(frozen=True)
class Comparison:
    """All measures of rows that two results share.

    Attributes:
        differences: all measures that could be compared, those without a change as well.
        same_machine: whether times and memory were compared; on another machine they say nothing.
        only_before, only_now: rows that the other has not, as (file, title).
    """

    differences: tuple[Difference, ...]
    same_machine: bool
    only_before: tuple[tuple[str, str], ...]
    only_now: tuple[tuple[str, str], ...]

    @property
    def is_worse(self) -> bool:
        """Whether anything grew, slowed or broke."""
        return any(one.verdict in (Verdict.WORSE, Verdict.BROKEN) for one in self.differences)


def compare(before: Results, now: Results, noise: float = 0.05) -> Comparison:
    """Compare the rows of two results that have the same file, contender and threads.

    Sizes are compared exactly.  A time differs where its median does by more than ``noise`` and,
    with several runs, the slowest run of one is faster than the fastest of the other: so a machine
    that was busy for a while makes no difference.  Times are CPU time and, of rows with several
    threads, real time as well.  Memory differs by more than ``noise``.

    Args:
        before: the earlier results; versions may differ, that is the point.
        now: the later results.
        noise: the share by which times and memory may differ, such as 0.05.
    """
    old = {(row.file, row.title): row for row in before.rows}
    new = {(row.file, row.title): row for row in now.rows}
    differences: list[Difference] = []
    machines = {row.machine for row in (*before.rows, *now.rows)}
    for key in old.keys() & new.keys():
        differences += _compare_rows(old[key], new[key], noise, len(machines) == 1)
    order = {key: place for place, key in enumerate(new)}
    differences.sort(key=lambda one: (order[one.file, one.title], MEASURES_ORDER[one.measure]))
    return Comparison(
        tuple(differences),
        len(machines) == 1,
        tuple(key for key in old if key not in new),
        tuple(key for key in new if key not in old),
    )


MEASURES_ORDER = {name: place for place, name in enumerate(("state", *MEASURES))}


def _compare_rows(old: Row, new: Row, noise: float, same_machine: bool) -> list[Difference]:
    def difference(
        measure: str, a: float | None, b: float | None, verdict: Verdict, message: str = ""
    ) -> Difference:
        return Difference(new.file, new.title, measure, a, b, verdict, message)

    hashes = {old.content_sha256, new.content_sha256} - {""}
    if len(hashes) > 1 or old.content_bytes != new.content_bytes:
        return [difference("state", None, None, Verdict.CHANGED, "the content is another one")]
    if old.is_ok != new.is_ok:
        verdict = Verdict.MENDED if new.is_ok else Verdict.BROKEN
        return [difference("state", None, None, verdict, new.message)]
    if not new.is_ok:
        return []
    found = [
        difference(
            "size",
            old.compressed_bytes,
            new.compressed_bytes,
            _verdict(old.compressed_bytes, new.compressed_bytes, 0.0),
        )
    ]
    if not same_machine:
        return found
    times = _TIMES if new.threads == 1 else {**_TIMES, **_REAL_TIMES}
    for measure, (middle, runs) in times.items():
        a, b = getattr(old, middle), getattr(new, middle)
        if a is not None and b is not None:
            is_apart = _apart(getattr(old, runs), getattr(new, runs))
            verdict = _verdict(a, b, noise) if is_apart else Verdict.SAME
            found.append(difference(measure, a, b, verdict))
    memories = [_memory(row) for row in (old, new)]
    if memories[0] is not None and memories[1] is not None:
        verdict = _verdict(memories[0], memories[1], noise)
        found.append(difference("memory", memories[0], memories[1], verdict))
    return found


def _verdict(before: float, now: float, noise: float) -> Verdict:
    if now > before * (1 + noise):
        return Verdict.WORSE
    return Verdict.BETTER if now < before / (1 + noise) else Verdict.SAME


def _apart(first: Sequence[float], second: Sequence[float]) -> bool:
    """Return whether the ranges of both are disjoint; true if either is empty."""
    if not first or not second:
        return True
    return max(first) < min(second) or max(second) < min(first)


def _memory(row: Row) -> int | None:
    sizes = [size for size in (row.compress_memory, row.decompress_memory) if size is not None]
    return max(sizes, default=None)
