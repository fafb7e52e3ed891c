"""All inputs and outputs of a run, checked before the first file is touched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from neurocomp.cli.files.identity import EntryId, FileId, InUse, descriptor_id, entry_id, file_id
from neurocomp.cli.files.inputs import Input
from neurocomp.cli.ui.report import display
from neurocomp.cli.ui.streams import OUTPUT_NAME
from neurocomp.errors import UsageError
from neurocomp.pipeline.files import is_channel


@dataclass(frozen=True)
class Job:
    """One input and its output.

    Attributes:
        item: the input.
        target: the output file; None for standard output.
    """

    item: Input
    target: Path | None

    @property
    def target_name(self) -> str:
        """The output's name in messages."""
        return OUTPUT_NAME if self.target is None else display(self.target)


def check_plan(
    inputs: Sequence[Input], jobs: Sequence[Job], in_use: InUse, *, force: bool, keep: bool
) -> None:
    """Refuse a run that would lose data, whatever the order of its files.

    Args:
        inputs: all of them, also those that there is no job for.
        jobs: the conversions to do.
        in_use: models and dictionaries.
        force: files are overwritten.
        keep: inputs are kept.

    Raises:
        UsageError: two inputs have one output, an output is an input, or one of them is a model
            or a dictionary that is overwritten or removed.
    """
    _refuse_shared_outputs(jobs)
    overwritten = list(_overwritten(jobs, force))
    _refuse_inputs_as_outputs(inputs, overwritten)
    removed = [] if keep else [job for job in jobs if job.item.path is not None]
    if overwritten or removed:
        _refuse_files_in_use(overwritten, removed, in_use.files())


def _refuse_shared_outputs(jobs: Sequence[Job]) -> None:
    seen: dict[EntryId, Job] = {}
    for job in jobs:
        if job.target is None or is_channel(job.target):
            continue
        other = seen.setdefault(entry_id(job.target), job)
        if other is job:
            continue
        if job.item.path is not None and _is_same_input(job, other):
            raise UsageError(f"{job.item.name} is given twice")
        raise UsageError(
            f"{other.item.name} and {job.item.name} have the same output, {job.target_name}: "
            "work on them one after the other, with another -o"
        )


def _is_same_input(job: Job, other: Job) -> bool:
    return _input_id(job.item) is not None and _input_id(job.item) == _input_id(other.item)


def _input_id(item: Input) -> FileId | None:
    return descriptor_id(0) if item.path is None else file_id(item.path)


def _overwritten(jobs: Sequence[Job], force: bool) -> Iterator[tuple[Job, FileId]]:
    """Yield the jobs that write into a file that is there, and which file that is."""
    for job in jobs:
        if job.target is None:
            one = descriptor_id(1)
        elif force or is_channel(job.target):
            one = file_id(job.target) if job.target.is_file() else None
        else:
            one = None  # it is not overwritten, which is said when it is its turn
        if one is not None:
            yield job, one


def _refuse_inputs_as_outputs(
    inputs: Sequence[Input], overwritten: Sequence[tuple[Job, FileId]]
) -> None:
    by_id = {one: item for item in inputs if (one := _input_id(item)) is not None}
    for job, one in overwritten:
        item = by_id.get(one)
        if item is None:
            continue
        if _input_id(job.item) == one:
            raise UsageError(f"{job.item.name} is its own output, {job.target_name}")
        raise UsageError(
            f"the output of {job.item.name}, {job.target_name}, is the input {item.name}: "
            "work on them one after the other, or give another -o"
        )


def _refuse_files_in_use(
    overwritten: Sequence[tuple[Job, FileId]], removed: Sequence[Job], in_use: dict[FileId, str]
) -> None:
    for job, one in overwritten:
        if one in in_use:
            raise UsageError(
                f"the output of {job.item.name}, {job.target_name}, would overwrite "
                f"{in_use[one]}, without which nothing made with it can be read"
            )
    for job in removed:
        removed_id = _input_id(job.item)
        if removed_id in in_use:
            raise UsageError(
                f"{job.item.name} is {in_use[removed_id]}: --rm would remove what is needed to "
                "read it"
            )
