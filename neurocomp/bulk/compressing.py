"""Compressing a set, or what is missing of it."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import nullcontext
from typing import Unpack

from neurocomp.bulk.engines import Engine
from neurocomp.bulk.manifest import FAILED, Record, frame_path
from neurocomp.bulk.places import FileStatus, Place, check_path
from neurocomp.bulk.run import (
    Folder,
    confine,
    divide,
    drive,
    open_source,
    open_target,
    own_version,
)
from neurocomp.bulk.settings import Settings, Summary
from neurocomp.bulk.shards import Job
from neurocomp.bulk.state import SetState
from neurocomp.errors import FormatError
from neurocomp.library.arguments import CompressArguments, compress_options
from neurocomp.library.warm import coder_of


def compress(
    source: Folder,
    target: Folder,
    settings: Settings | None = None,
    **arguments: Unpack[CompressArguments],
) -> Summary:
    """Compress the files of a folder into another: those that are missing there or have changed.

    Args:
        source: a folder: a path, or a URL of fsspec.
        target: likewise; it gets a frame for each file, and the set's manifest.
        settings: engine, shards, and so on.
        arguments: those of ``neurocomp.compress``.  ``threads`` are each worker's: one, unless
            there is a single worker, which has all cores.

    Returns:
        The result, including failed files; the other files are still done.

    Raises:
        UsageError: options don't go together, or with those of the set that is there.
        NeurocompError: the model is missing, or another one on a worker.
        OSError: a folder cannot be read or written.
    """
    settings = settings or Settings()
    reading = open_source(source, settings)
    writing = open_target(target, reading, settings)
    given = compress_options(**arguments)
    entry = coder_of(given).entry.to_bytes()
    options = {
        "model": given.resolved_model,
        "block_bytes": given.resolved_block_bytes,
        "entry": entry.hex(),
    }
    state = SetState(writing, settings.manifest)
    if settings.force and not state.is_of(options):
        state.records.clear()
    else:
        state.check_options(options)
    summary = Summary()
    items = _nameable(reading.files(), summary if settings.part is None else None)
    paths = _paths_to_do(items, state, writing)
    for item in items:
        if item.path not in paths:
            summary.keep(state.records[item.path], is_new=False)
    job = Job(
        "compress",
        reading.url,
        writing.url,
        settings.source_options,
        settings.target_options,
        arguments,
        entry,
        settings.force,
        own_version(),
    )
    # Before anything is written: it may be missing.
    with settings.opened_engine() if paths else nullcontext() as engine:
        if settings.part is None or not state.is_there:
            state.begin(job, options)
        try:
            if engine is not None:
                _compress(job, items, paths, state, summary, settings, engine)
        finally:
            if settings.part is None:
                _end(state, writing, paths, summary)
    return summary


def _compress(
    job: Job,
    items: list[FileStatus],
    paths: set[str],
    state: SetState,
    summary: Summary,
    settings: Settings,
    engine: Engine,
) -> None:
    """Compress those of the files that are in ``paths``."""
    if settings.part is None:
        shards = divide(job, (one for one in items if one.path in paths), engine, settings)
    else:
        # Parts must agree on the shards, whatever some of them have done already.
        number, count = settings.part
        shards = divide(job, items, engine, settings)[number::count]
    shards = [confine(one, paths, state.records) for one in shards]
    drive(engine, shards, summary, settings.report)


def _end(state: SetState, writing: Place, paths: set[str], summary: Summary) -> None:
    """Write what is known now, and remove what workers that were killed have left."""
    done = {path for path, record in state.collect().items() if record.is_done}
    for path in done & set(summary.lost):
        del summary.lost[path]  # its worker was lost when all was done
        summary.keep(state.records[path], is_new=True)
    writing.remove_parts()
    state.finish(is_complete=paths <= done and not summary.failed)


def _nameable(items: Iterable[FileStatus], summary: Summary | None) -> list[FileStatus]:
    """Return the files whose names a manifest can have; ``a//b`` of an object store fails.

    Args:
        items: all files.
        summary: summary of the run that reports failures; None for a part of an array.
    """
    found = []
    for item in items:
        try:
            check_path(item.path)
        except FormatError:
            if summary is not None:
                message = "a set cannot have a file of that name: rename it"
                failed = Record(item.path, item.num_bytes, state=FAILED, error=message)
                summary.failed.append(failed)
        else:
            found.append(item)
    return found


def _paths_to_do(items: list[FileStatus], state: SetState, writing: Place) -> set[str]:
    """Return the paths of files that are not compressed as they are now."""
    if not state.records:
        return {item.path for item in items}
    sizes = {one.path: one.num_bytes for one in writing.files()}
    paths = set()
    for item in items:
        record = state.records.get(item.path)
        if (
            record is None
            or not record.is_done
            or (record.version, record.num_bytes) != (item.version, item.num_bytes)
            or sizes.get(frame_path(item.path)) != record.frame_bytes
        ):
            paths.add(item.path)
    return paths
