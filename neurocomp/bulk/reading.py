"""Testing a compressed set, and restoring it."""

from __future__ import annotations

from neurocomp.bulk.manifest import MANIFESTS, RECORDS_FOLDER, RUN_FILE
from neurocomp.bulk.places import Place
from neurocomp.bulk.run import Folder, divide, drive, open_source, open_target, own_version
from neurocomp.bulk.settings import Settings, Summary
from neurocomp.bulk.shards import Job
from neurocomp.bulk.state import SetState
from neurocomp.errors import UsageError
from neurocomp.library.arguments import CompressArguments, ModelPath


def check(
    source: Folder,
    settings: Settings | None = None,
    *,
    quick: bool = False,
    threads: int | None = None,
    model_path: ModelPath = (),
) -> Summary:
    """Decode all files of a compressed set, and compare all hashes with its manifest.

    Args:
        source: the set's folder: a path, or a URL of fsspec.
        settings: engine, shards, and so on.
        quick: decode nothing; the hashes of the frames are compared.
        threads: threads of each worker; None for one, or for all cores if there is one worker.
        model_path: files and folders to search for models as well as the store.

    Returns:
        What is sound, what is not, what no worker could test, and what is not part of the set.

    Raises:
        UsageError: there is no set.
        NeurocompError: the manifest is damaged.
        OSError: the folder cannot be read.
    """
    settings = settings or Settings()
    reading = open_source(source, settings)
    summary = _read("hash" if quick else "test", reading, None, settings, threads, model_path)
    summary.num_new, summary.num_kept = summary.num_new + summary.num_kept, 0
    return summary


def restore(
    source: Folder,
    target: Folder,
    settings: Settings | None = None,
    *,
    threads: int | None = None,
    model_path: ModelPath = (),
) -> Summary:
    """Restore the originals of a compressed set, or those that are missing.

    Each is compared with the manifest before it gets its name.

    Args:
        source: the set's folder: a path, or a URL of fsspec.
        target: folder for the originals.
        settings: engine, shards, and so on.
        threads: threads of each worker; None for one, or for all cores if there is one worker.
        model_path: files and folders to search for models as well as the store.

    Raises:
        UsageError: there is no set, or the folders overlap.
        NeurocompError: the manifest is damaged.
        OSError: a folder cannot be read or written.
    """
    settings = settings or Settings()
    reading = open_source(source, settings)
    writing = open_target(target, reading, settings)
    summary = _read("restore", reading, writing, settings, threads, model_path)
    writing.remove_parts()
    return summary


def _read(
    action: str,
    reading: Place,
    writing: Place | None,
    settings: Settings,
    threads: int | None,
    model_path: ModelPath,
) -> Summary:
    if settings.part is not None:
        raise UsageError(f"--part is for compressing, not to {action}")
    state = SetState(reading, settings.manifest)
    if not state.is_there:
        raise UsageError(
            f"there is no manifest in {reading.url}: 'neurocomp bulk compress' makes one, "
            "and 'neurocomp decompress -r' decompresses folders that have none"
        )
    records = [record for record in state.records.values() if record.is_done]
    summary = Summary(failed=[one for one in state.records.values() if not one.is_done])
    arguments: CompressArguments = {"model_path": model_path}
    if threads is not None:
        arguments["threads"] = threads
    job = Job(
        action,
        reading.url,
        None if writing is None else writing.url,
        settings.source_options,
        settings.target_options,
        arguments,
        b"",
        settings.force,
        own_version(),
    )
    if records:
        with settings.opened_engine() as engine:
            drive(engine, divide(job, records, engine, settings), summary, settings.report)
    own = {RUN_FILE, *MANIFESTS.values(), *(record.frame for record in records)}
    summary.unlisted = [
        one.path
        for one in reading.files()
        if one.path not in own and not one.path.startswith(RECORDS_FOLDER)
    ]
    return summary
