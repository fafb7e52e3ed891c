"""Dask: processes or threads of this machine, or a cluster by the address of its scheduler."""

from __future__ import annotations

import logging
from asyncio import CancelledError
from collections.abc import Iterator, Sequence
from typing import Any

from distributed import Client, LocalCluster, as_completed

from neurocomp.bulk.engines import Result, Work
from neurocomp.bulk.shards import Shard
from neurocomp.bulk.work import Outcome


class DaskEngine:
    """The workers of a client.

    A shard whose worker is lost goes to another one, as often as the scheduler's setting
    ``distributed.scheduler.allowed-failures`` says (3, unless it is changed).

    Args:
        client: a client of Dask; it stays the caller's.
        cluster: the cluster that `close` ends, with the client.
    """

    threads = 1

    def __init__(self, client: Any, cluster: Any = None) -> None:
        self.client = client
        self._cluster = cluster
        self._is_own = False

    @classmethod
    def begin(cls, scheduler: str | None, workers: int, local: str) -> DaskEngine:
        """Return an engine with a client of its own, and workers where no scheduler is named.

        Raises:
            OSError: there is no scheduler at that address.
        """
        if scheduler is not None:
            engine = cls(Client(scheduler))
        else:
            is_split = local == "processes"
            cluster = LocalCluster(
                n_workers=workers if is_split else 1,
                threads_per_worker=1 if is_split else workers,
                processes=is_split,
                dashboard_address=None,
                # Its HTTP server runs all the same: on any port, for this machine alone.
                scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},
                silence_logs=logging.CRITICAL,  # what fails is told by what comes of a shard
            )
            engine = cls(Client(cluster), cluster)
        engine._is_own = True
        return engine

    @property
    def num_workers(self) -> int:
        """The threads of all workers that are there now."""
        return max(1, sum(map(int, self.client.nthreads().values())))

    def run(self, work: Work, shards: Sequence[Shard]) -> Iterator[Result]:
        """Yield each shard when it is done; the largest begin first."""
        futures = {
            self.client.submit(work, shard, key=f"neurocomp-{shard.name}", pure=False): shard
            for shard in shards
        }
        try:
            for future in as_completed(list(futures)):
                shard = futures.pop(future)
                yield shard, _result(future)
                future.release()
        finally:
            if futures:
                self.client.cancel(list(futures))

    def close(self) -> None:
        """End the client, and the workers, that `begin` has made."""
        if self._is_own:
            self.client.close()
            if self._cluster is not None:
                self._cluster.close()


def _result(future: Any) -> list[Outcome] | Exception:
    """Return the result of the work, or the reason why there is none."""
    try:
        return future.result()  # type: ignore[no-any-return]
    except CancelledError as error:
        return RuntimeError(f"the scheduler gave it up: {error}")
    except Exception as error:
        return error
