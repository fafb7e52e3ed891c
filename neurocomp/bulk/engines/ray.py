"""Ray Data: shards are the rows of a data set, which ``map_batches`` hands to actors."""

from __future__ import annotations

import logging
import os
import pickle
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import ray
from ray.data import ActorPoolStrategy, DataContext

from neurocomp.bulk.engines import Result, Work
from neurocomp.bulk.shards import Shard


class RayEngine:
    """The actors of a Ray that is there.

    Ray Data begins an actor that is lost again, and does its shard again, as often as it takes.

    Args:
        workers: number of actors.
        is_own: `close` ends this process's part in Ray.
    """

    threads = 1

    def __init__(self, workers: int, *, is_own: bool = False) -> None:
        self.num_workers = workers
        self._is_own = is_own

    @classmethod
    def begin(cls, address: str | None, workers: int) -> RayEngine:
        """Return an engine of a cluster by its address, or of a Ray of this machine.

        A Ray that this process is part of already is used as it is.

        Raises:
            ConnectionError: there is none at that address.
        """
        if ray.is_initialized():
            return cls(workers)
        # What fails is told by what comes of a shard; the rest is for those who watch a cluster.
        logging.getLogger("ray.data").setLevel(logging.ERROR)
        os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
        if address is not None:
            ray.init(address=address, log_to_driver=False, logging_level="error")
            workers = max(1, int(ray.cluster_resources().get("CPU", 1)))
        else:
            ray.init(
                address="local",
                num_cpus=workers,
                include_dashboard=False,
                log_to_driver=False,
                logging_level="error",
            )
        return cls(workers, is_own=True)

    def run(self, work: Work, shards: Sequence[Shard]) -> Iterator[Result]:
        """Yield each shard when it is done."""
        if not shards:
            return
        context = DataContext.get_current()
        context.enable_progress_bars = False
        context.print_on_execution_start = False
        rows = [
            {"number": number, "task": pickle.dumps((work, shard))}
            for number, shard in enumerate(shards)
        ]
        done = ray.data.from_items(rows, override_num_blocks=len(rows)).map_batches(
            _Worker,
            batch_size=1,
            compute=ActorPoolStrategy(size=min(self.num_workers, len(shards))),
            num_cpus=1,
        )
        waiting = dict(enumerate(shards))
        try:
            for row in done.iter_rows():
                yield waiting.pop(int(row["number"])), pickle.loads(row["result"])
        except ray.exceptions.RayError as error:
            for shard in waiting.values():
                yield shard, error

    def close(self) -> None:
        """Shut down the Ray that `begin` started."""
        if self._is_own:
            ray.shutdown()


class _Worker:
    """An actor: a process of its own, in which a model stays open from shard to shard."""

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        """Do the one shard of a batch."""
        [packed] = batch["task"]
        work, shard = pickle.loads(packed)
        try:
            result: Any = work(shard)
        except Exception as error:
            result = error
        return {"number": batch["number"], "result": np.array([pickle.dumps(result)], object)}
