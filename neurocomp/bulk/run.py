"""A run over a set: shards, an engine, and what it makes of them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import replace

from neurocomp.bulk.engines import Engine
from neurocomp.bulk.places import Place, open_place
from neurocomp.bulk.settings import Report, Settings, Summary
from neurocomp.bulk.shards import Item, Job, Shard, balance, num_shards
from neurocomp.bulk.work import process_shard
from neurocomp.errors import NeurocompError, UsageError
from neurocomp.names import printable

Folder = str | os.PathLike[str]
"""A folder: a path, or a URL of fsspec."""


def own_version() -> str:
    """Return the version of neurocomp, which must be the same on all machines of a run."""
    from importlib.metadata import version

    return version("neurocomp")


def open_source(source: Folder, settings: Settings) -> Place:
    """Return the folder that is read."""
    return open_place(source, settings.source_options)


def open_target(target: Folder, source: Place, settings: Settings) -> Place:
    """Return the folder that is written.

    Raises:
        UsageError: it lies in the other one, or that one in it: a run would take its own output.
    """
    place = open_place(target, settings.target_options)
    inner, outer = (f"{one.url.rstrip('/')}/" for one in (place, source))
    if inner.startswith(outer) or outer.startswith(inner):
        raise UsageError(
            f"{place.url} and {source.url} overlap: give a folder outside the other one"
        )
    return place


def divide(job: Job, items: Iterable[Item], engine: Engine, settings: Settings) -> list[Shard]:
    """Return shards of about the same size, the largest first."""
    items = list(items)
    count = settings.part[1] if settings.part is not None else engine.num_workers
    number = num_shards(items, settings.shard_bytes, count)
    if "threads" not in job.arguments:
        job = replace(job, arguments={**job.arguments, "threads": engine.threads})
    run = os.urandom(4).hex()
    return [
        Shard(job, f"{run}-{index:06d}", one)
        for index, one in enumerate(balance(items, number) if items else [])
    ]


def confine(shard: Shard, paths: set[str], replaced: Iterable[str] = ()) -> Shard:
    """Return the shard with those of its files only that are in ``paths``.

    Args:
        shard: the whole.
        paths: paths of the files to work on.
        replaced: see `Shard`.
    """
    items = tuple(item for item in shard.items if item.path in paths)
    return replace(shard, items=items, replaced=frozenset(replaced) & {item.path for item in items})


def drive(engine: Engine, shards: Sequence[Shard], summary: Summary, report: Report | None) -> None:
    """Process shards with an engine; the results of their files go into ``summary``.

    Raises:
        NeurocompError: a worker cannot take part: it has another model, or another version.
    """
    shards = [shard for shard in shards if shard.items]
    total, done = sum(shard.num_bytes for shard in shards), 0
    with closing(engine.run(process_shard, shards)) as results:  # type: ignore[type-var]
        for shard, result in results:
            if isinstance(result, NeurocompError):
                raise result
            if isinstance(result, Exception):
                message = printable(f"{type(result).__name__}: {result}")
                summary.lost |= dict.fromkeys((item.path for item in shard.items), message)
            else:
                for outcome in result:
                    if outcome.record.is_done:
                        summary.keep(outcome.record, is_new=outcome.is_new)
                    else:
                        summary.failed.append(outcome.record)
            done += shard.num_bytes
            if report is not None:
                report(done, total)
