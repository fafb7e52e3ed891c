"""The function that workers run on a shard, whichever engine calls it."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from neurocomp.bulk.actions import Coding, check_file, compress_file, restore_file
from neurocomp.bulk.manifest import FAILED, RECORDS_FOLDER, Record, write_rows
from neurocomp.bulk.places import FileStatus, Place, open_place
from neurocomp.bulk.shards import Item, Job, Shard
from neurocomp.errors import ModelMismatchError, NeurocompError, UsageError
from neurocomp.library.arguments import compress_options
from neurocomp.library.warm import coder_of, frame_coders_of
from neurocomp.names import printable


@dataclass(frozen=True)
class Outcome:
    """The result for one file.

    Attributes:
        record: record of the file.
        is_new: True if it was written now; False if it was there, or if it failed.
    """

    record: Record
    is_new: bool


def process_shard(shard: Shard) -> list[Outcome]:
    """Do all files of a shard; a file that fails is told in its outcome.

    May be called again for the same shard, by another worker too: files that are there already are
    found sound and kept.  Where a set is compressed, the records are left in its folder, so that
    they are there even if nobody takes the result.

    Raises:
        NeurocompError: the worker lacks the model, or has another one or another version.
        OSError: a folder cannot be reached.
    """
    from importlib.metadata import version

    job = shard.job
    if (own := version("neurocomp")) != job.version:
        raise UsageError(
            f"{socket.gethostname()} has neurocomp {own}, and this run uses {job.version}: "
            "install the same version on all machines"
        )
    source = open_place(job.source, job.source_options)
    target = None if job.target is None else open_place(job.target, job.target_options)
    action = _action(shard, source, target)
    outcomes = [_guarded(action, item) for item in shard.items]
    if target is not None:
        target.settle()
        if job.action == "compress":
            records = (outcome.record for outcome in outcomes)
            write_rows(target, f"{RECORDS_FOLDER}{shard.name}.jsonl", records)
            target.settle()
    return outcomes


def open_coding(job: Job) -> Coding:
    """Return the coders of a job, which a process opens once.

    Raises:
        ModelMismatchError: the model of that name is another one here.
        NeurocompError: there is none.
    """
    options = compress_options(**job.arguments)
    coders = frame_coders_of(options.model_path, options.threads)
    if job.action != "compress":
        return Coding(options, None, coders)
    coder = coder_of(options)
    if coder.entry.to_bytes() != job.entry:
        raise ModelMismatchError(
            f"{socket.gethostname()} has another model {options.resolved_model!r} than the machine "
            "that started the run: install the same model on all machines"
        )
    return Coding(options, coder, coders)


def _action(
    shard: Shard, source: Place, target: Place | None
) -> Callable[[Item], tuple[Record, bool]]:
    job = shard.job
    coding = open_coding(job)
    if target is None:
        return partial(check_file, coding, source, is_quick=job.action == "hash")
    if job.action == "restore":
        return partial(restore_file, coding, source, target, force=job.force)
    return partial(compress_file, coding, source, target, force=job.force, replaced=shard.replaced)


def _guarded(action: Callable[[Item], tuple[Record, bool]], item: Item) -> Outcome:
    try:
        return Outcome(*action(item))
    except MemoryError:
        message = "not enough memory: fewer workers, or a smaller block size, need less"
    except OSError as error:
        message = str(error.strerror or error)
    except NeurocompError as error:
        message = str(error)
    record = _record(item) if isinstance(item, FileStatus) else item
    return Outcome(replace(record, state=FAILED, error=printable(message)), False)


def _record(status: FileStatus) -> Record:
    return Record(
        status.path,
        status.num_bytes,
        version=status.version,
        modified_ns=status.modified_ns,
        mode=status.mode,
    )
