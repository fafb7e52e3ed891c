"""Shards: parts of a set of about the same size, each of which one worker does as a whole."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from neurocomp.bulk.manifest import Record
from neurocomp.bulk.places import FileStatus
from neurocomp.library.arguments import CompressArguments

MAX_SHARD_BYTES = 8 << 20
"""Content of a shard where nothing else is asked for: what is lost with a worker."""

Item = FileStatus | Record
"""A file to compress, or one to test or to restore."""

FILE_COST = 1 << 12
"""Fixed cost of a file, in bytes of content."""


@dataclass(frozen=True)
class Job:
    """The part of a run's settings that workers need.

    Attributes:
        action: "compress", "test" or "restore".
        source: URL of the folder that is read.
        target: URL of the folder that is written; None where nothing is.
        source_options: options of fsspec's file system.
        target_options: likewise.
        arguments: those of ``neurocomp.Codec``.
        entry: the model of these arguments as frames name it, as bytes.
        force: replace files that are of no such set.
        version: version of neurocomp, the same everywhere.
    """

    action: str
    source: str
    target: str | None
    source_options: Mapping[str, Any] = field(default_factory=dict)
    target_options: Mapping[str, Any] = field(default_factory=dict)
    arguments: CompressArguments = field(default_factory=CompressArguments)
    entry: bytes = b""
    force: bool = False
    version: str = ""


@dataclass(frozen=True)
class Shard:
    """Files that a worker does one after the other.

    Attributes:
        job: the job that the shard is part of.
        name: name of its records, ``run-000012``.
        items: the files: of a listing, or of a manifest.
        replaced: paths of those that were compressed before, and have changed since.
    """

    job: Job
    name: str
    items: tuple[Item, ...]
    replaced: frozenset[str] = frozenset()

    @property
    def num_bytes(self) -> int:
        """Bytes to read."""
        return sum(item.num_bytes for item in self.items)


def num_shards(items: Iterable[Item], shard_bytes: int | None, workers: int) -> int:
    """Return into how many shards files are divided: some for each worker, of no more than a size.

    Args:
        items: the files.
        shard_bytes: most bytes of a shard, unless a file is larger; None for what serves.
        workers: number of workers.
    """
    costs = [item.num_bytes + FILE_COST for item in items]
    most = shard_bytes or MAX_SHARD_BYTES
    wanted = -(-sum(costs) // most)
    if shard_bytes is None:
        wanted = max(wanted, 4 * workers)
    return max(1, min(wanted, len(costs)))


def balance(items: Iterable[Item], number: int) -> list[tuple[Item, ...]]:
    """Divide files into ``number`` shards of about the same cost, the largest first.

    The largest file that is left goes to the shard that has least, which is at most a third more
    than the best division (Graham 1969).  The result depends on paths and sizes alone.

    Args:
        items: the files, in any order.
        number: number of shards, at least 1; shards without files are left out.
    """
    ordered = sorted(items, key=lambda one: (-one.num_bytes, one.path))
    costs = [(0, index) for index in range(number)]
    shards: list[list[Item]] = [[] for _ in range(number)]
    for item in ordered:
        cost, index = costs[0]
        shards[index].append(item)
        heapq.heapreplace(costs, (cost + item.num_bytes + FILE_COST, index))
    order = sorted(range(number), key=lambda index: (-_cost(shards[index]), index))
    return [tuple(shards[index]) for index in order if shards[index]]


def _cost(items: Iterable[Item]) -> int:
    return sum(item.num_bytes + FILE_COST for item in items)
