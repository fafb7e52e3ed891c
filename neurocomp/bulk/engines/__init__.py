"""Engines that run a function on many shards: this process, Dask, Ray.

A new engine is a class with the methods of `Engine`, and a line in `make_engine`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from neurocomp import extras
from neurocomp.bulk.shards import Shard
from neurocomp.bulk.work import Outcome
from neurocomp.errors import UsageError
from neurocomp.threads import num_cores

Work = Callable[[Shard], list[Outcome]]
"""A function of a module, which every worker can import."""

Result = tuple[Shard, list[Outcome] | Exception]
"""A shard with the results of its files, or the reason why no worker could do it."""


class Engine(Protocol):
    """Runs shards."""

    @property
    def num_workers(self) -> int:
        """How many shards run at once, as far as is known."""

    @property
    def threads(self) -> int:
        """Threads of each worker; 0 for all cores."""

    def run(self, work: Work, shards: Sequence[Shard]) -> Iterator[Result]:
        """Yield each shard once, when it is done, in whatever order.

        A shard whose worker is lost is done by another one; where the engine gives that up, it is
        yielded with the error.  The generator that is closed stops what runs.
        """

    def close(self) -> None:
        """Stop the workers that this engine started."""


ENGINES = ("serial", "dask", "ray")
LOCAL = ("processes", "threads")


def make_engine(
    name: str = "auto", scheduler: str | None = None, workers: int = 0, local: str = "processes"
) -> Engine:
    """Return an engine; workers of this machine are started with it.

    Args:
        name: "serial", "dask", "ray", or "auto": Dask where it is installed and there are cores
            for it, or where a scheduler is named.
        scheduler: address of a cluster, instead of this machine's workers.
        workers: number of workers on this machine; 0 for one for each core.
        local: "processes" or "threads", of Dask.

    Raises:
        UsageError: there is no such engine, or it has no use for an argument.
        MissingPackageError: it is not installed.
    """
    if local not in LOCAL:
        raise UsageError(f"no workers {local!r}: choose one of {', '.join(LOCAL)}")
    if name == "auto":
        has_workers = (workers or num_cores()) > 1 and extras.has("distributed")
        name = "dask" if scheduler is not None or has_workers else "serial"
    if name == "serial":
        if scheduler is not None:
            raise UsageError("the engine 'serial' has no scheduler: choose dask or ray")
        from neurocomp.bulk.engines.serial import SerialEngine

        return SerialEngine()
    if name == "dask":
        extras.require("the engine 'dask'", "dask")
        from neurocomp.bulk.engines.dask import DaskEngine

        return DaskEngine.begin(scheduler, workers or num_cores(), local)
    if name == "ray":
        extras.require("the engine 'ray'", "ray")
        from neurocomp.bulk.engines.ray import RayEngine

        return RayEngine.begin(scheduler, workers or num_cores())
    raise UsageError(f"no engine {name!r}: choose one of {', '.join(ENGINES)}")
