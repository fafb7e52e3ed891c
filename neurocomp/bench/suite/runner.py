"""A suite's run: every content by every contender, in turn, from where the journal stops."""

from __future__ import annotations

import shutil
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import mkdtemp
from typing import Protocol

from neurocomp.bench.suite import machine
from neurocomp.bench.suite.contenders import Contender
from neurocomp.bench.suite.contents import Content
from neurocomp.bench.suite.journal import NAME, Journal, held, key_of
from neurocomp.bench.suite.rows import Row
from neurocomp.bench.suite.trial import Trial, try_once
from neurocomp.bench.suite.units import format_of

_WORK = ".work-"


@dataclass(frozen=True)
class Plan:
    """The plan of a run.

    Attributes:
        suite: name of the suite.
        contents: contents to code.
        contenders: contenders that code the contents.
        threads: numbers of threads; a contender that cannot be told any runs once.
        repeats: runs of each row, of which medians are taken.
        timeout: seconds for each direction of each run; None for as long as it takes.
        retry: whether rows that failed before are run again.
    """

    suite: str
    contents: Sequence[Content]
    contenders: Sequence[Contender]
    threads: Sequence[int] = (1,)
    repeats: int = 1
    timeout: float | None = None
    retry: bool = False


@dataclass(frozen=True)
class Job:
    """A row that is to be."""

    content: Content
    contender: Contender
    threads: int

    @property
    def title(self) -> str:
        """The contender and its threads, where those are several."""
        name = self.contender.name
        return name if self.threads == 1 else f"{name} ({self.threads} threads)"


class Watch(Protocol):
    """A listener to the progress of a run."""

    def planned(self, jobs: Sequence[Job]) -> None:
        """All rows, in their order."""

    def started(self, job: Job, run: int) -> None:
        """A run of a row begins."""

    def finished(self, row: Row, resumed: bool) -> None:
        """A row is done; ``resumed`` where all of it was in the journal."""


def jobs_of(plan: Plan) -> list[list[Job]]:
    """Return the rows of a plan, a list for each content."""
    return [
        [
            Job(content, contender, threads)
            for contender in _fitting(plan.contenders, content)
            for threads in (plan.threads if contender.has_threads else plan.threads[:1])
        ]
        for content in plan.contents
    ]


def run_plan(plan: Plan, folder: Path, watch: Watch) -> Generator[Row, None, None]:
    """Yield the rows of a plan as they are done, those of a content together.

    Runs of a content take turns, so that what slows the machine for a while slows all contenders.

    Args:
        plan: the rows to measure.
        folder: holds the journal, and files under way.
        watch: a function that is called at every step.

    Raises:
        UsageError: another run is under way in the folder.
    """
    with held(folder):
        journal = Journal(folder / NAME)
        here = machine.machine()
        groups = jobs_of(plan)
        watch.planned([job for group in groups for job in group])
        for old in folder.glob(f"{_WORK}*"):  # of a run that was killed
            shutil.rmtree(old, ignore_errors=True)
        work = Path(mkdtemp(dir=folder, prefix=_WORK))
        try:
            for group in groups:
                yield from _run_group(plan, group, journal, here, work, watch)
        finally:
            shutil.rmtree(work, ignore_errors=True)


def _run_group(
    plan: Plan, group: Sequence[Job], journal: Journal, here: str, work: Path, watch: Watch
) -> Iterator[Row]:
    trials: list[list[Trial]] = [[] for _ in group]
    dates = [""] * len(group)
    fresh = [False] * len(group)
    for number in range(plan.repeats):
        for place, job in enumerate(group):
            if trials[place] and not trials[place][-1].is_ok:
                continue
            key = key_of(job.content, job.contender, job.threads, here)
            known = journal.find(key, number, plan.timeout, retry=plan.retry)
            if known is None:
                watch.started(job, number)
                trial = try_once(job.contender, job.content, job.threads, plan.timeout, work)
                date, fresh[place] = machine.now(), True
                names = (job.content.name, job.title)
                journal.note(key, number, names, trial, plan.timeout, date)
            else:
                trial, date = known
            trials[place].append(trial)
            dates[place] = max(dates[place], date)
            if number == plan.repeats - 1 or not trial.is_ok:
                row = _row(plan.suite, job, trials[place], here, dates[place])
                watch.finished(row, not fresh[place])
                yield row


def _row(suite: str, job: Job, trials: Sequence[Trial], here: str, date: str) -> Row:
    """Return the row of runs of which all but the last went well."""
    last, contender = trials[-1], job.contender
    ok = [trial for trial in trials if trial.is_ok] if last.is_ok else []
    sizes = sorted({trial.compressed_bytes for trial in ok})
    message = last.message
    if len(sizes) > 1:
        message = f"sizes differ between runs: {sizes[0]} to {sizes[-1]}"
    return Row(
        suite=suite,
        file=job.content.name,
        content_bytes=job.content.num_bytes,
        content_sha256=job.content.sha256,
        contender=contender.name,
        program=contender.program,
        version=contender.version,
        flags=contender.flags,
        threads=job.threads,
        state=last.state,
        message=message,
        compressed_bytes=sizes[-1] if sizes else 0,
        model_bytes=last.model_bytes,
        program_bytes=contender.program_bytes,
        compared=last.compared,
        unit=last.unit,
        num_units=last.num_units,
        compress_cpu=_median([trial.compress_cpu for trial in ok]),
        decompress_cpu=_median([trial.decompress_cpu for trial in ok]),
        compress_wall=_median([trial.compress_wall for trial in ok]),
        decompress_wall=_median([trial.decompress_wall for trial in ok]),
        compress_memory=_largest([trial.compress_memory for trial in ok]),
        decompress_memory=_largest([trial.decompress_memory for trial in ok]),
        compress_cpus=_known([trial.compress_cpu for trial in ok]),
        decompress_cpus=_known([trial.decompress_cpu for trial in ok]),
        compress_walls=_known([trial.compress_wall for trial in ok]),
        decompress_walls=_known([trial.decompress_wall for trial in ok]),
        machine=here,
        date=date,
        commit=machine.commit(),
    )


def _fitting(contenders: Sequence[Contender], content: Content) -> list[Contender]:
    """Return the contenders that take a content of this kind."""
    if not any(contender.formats for contender in contenders):
        return list(contenders)
    kind = format_of(content.read())
    return [one for one in contenders if not one.formats or kind in one.formats]


def _median(values: Sequence[float | None]) -> float | None:
    known = _known(values)
    return median(known) if known else None


def _known(values: Sequence[float | None]) -> tuple[float, ...]:
    return tuple(value for value in values if value is not None)


def _largest(values: Sequence[int | None]) -> int | None:
    return max((value for value in values if value is not None), default=None)
