"""Settings and results of a run over a set."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from neurocomp.bulk.engines import Engine, make_engine
from neurocomp.bulk.manifest import Record
from neurocomp.errors import UsageError

Report = Callable[[int, int], None]
"""Told the bytes of content that are done, and of all that is to be done."""


@dataclass(frozen=True)
class Settings:
    """Settings of a run; none of them changes the output.

    Attributes:
        engine: "auto", "serial", "dask" or "ray", or an engine that is there, which stays open.
        scheduler: address of a cluster, instead of workers of this machine.
        workers: number of workers on this machine; 0 for one for each core.
        local: "processes" or "threads", of Dask.
        shard_bytes: most content of a shard, unless a file is larger; None for 8 MiB, or less for
            small sets.
        part: (number, count): only that part of the shards, numbered from 0; for `compress`.  All
            parts may run at once, on any machines; a run without a part ends them.
        manifest: "jsonl" or "parquet"; None for that which is there, or "jsonl".
        force: replace files of other content, and a set that was made with other options.
        source_options: options of fsspec's file system of the source.
        target_options: options of fsspec's file system of the target.
        report: a function that is called with messages on what is done.
    """

    engine: str | Engine = "auto"
    scheduler: str | None = None
    workers: int = 0
    local: str = "processes"
    shard_bytes: int | None = None
    part: tuple[int, int] | None = None
    manifest: str | None = None
    force: bool = False
    source_options: Mapping[str, Any] = field(default_factory=dict)
    target_options: Mapping[str, Any] = field(default_factory=dict)
    report: Report | None = None

    def __post_init__(self) -> None:
        if self.part is not None and not 0 <= self.part[0] < self.part[1]:
            number, count = self.part
            raise UsageError(
                f"there is no part {number}/{count}: choose 0/{count} to {count - 1}/{count}"
            )
        if self.workers < 0:
            raise UsageError(f"{self.workers} workers are out of range: choose 0 or more")
        if self.shard_bytes is not None and self.shard_bytes < 1:
            raise UsageError(
                f"shards of {self.shard_bytes} bytes are out of range: choose 1 or more"
            )

    @contextmanager
    def opened_engine(self) -> Iterator[Engine]:
        """Give the engine; one that is made here ends here.  Raises as ``make_engine``."""
        if not isinstance(self.engine, str):
            yield self.engine
            return
        engine = make_engine(self.engine, self.scheduler, self.workers, self.local)
        try:
            yield engine
        finally:
            engine.close()


@dataclass
class Summary:
    """The result of a run.

    Attributes:
        num_new: files that were written, or tested.
        num_kept: files that were there already.
        content_bytes: size of the files that are sound, new or not.
        frame_bytes: size of their frames.
        failed: files that could not be done, each with its error.
        lost: paths of files that no worker could do, each with what the engine said.
        unlisted: files in the folder of a set that are none of its.
    """

    num_new: int = 0
    num_kept: int = 0
    content_bytes: int = 0
    frame_bytes: int = 0
    failed: list[Record] = field(default_factory=list)
    lost: dict[str, str] = field(default_factory=dict)
    unlisted: list[str] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        """Whether every file that was to be done is sound."""
        return not self.failed and not self.lost

    def keep(self, record: Record, *, is_new: bool) -> None:
        """Count a file that is sound."""
        self.num_new += is_new
        self.num_kept += not is_new
        self.content_bytes += record.num_bytes
        self.frame_bytes += record.frame_bytes
