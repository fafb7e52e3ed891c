"""Engines of others: the result is that of one process, also where a worker is killed."""

from __future__ import annotations

import json
import logging
import os
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from neurocomp import bulk, extras
from neurocomp.bulk import Settings
from neurocomp.bulk.engines import Engine, Result, Work, make_engine
from neurocomp.bulk.engines.serial import SerialEngine
from neurocomp.bulk.shards import Shard
from neurocomp.errors import MissingPackageError, UsageError
from tests.bulk.sets import contents, frames, make_set

SERIAL = Settings(engine="serial")


class Killer:
    """An engine that kills one of its workers when the first shard is done.

    Args:
        engine: what runs the shards.
        workers: tells the process ids of workers that are at work.
    """

    threads = 1

    def __init__(self, engine: Engine, workers: Any) -> None:
        self._engine = engine
        self._workers = workers
        self.killed: list[int] = []
        self.num_left = 0
        self.seen: list[Shard] = []

    @property
    def num_workers(self) -> int:
        return self._engine.num_workers

    def run(self, work: Work, shards: Sequence[Shard]) -> Iterator[Result]:
        for shard, result in self._engine.run(work, shards):
            self.seen.append(shard)
            if not self.killed:
                records = Path(str(shard.job.target), ".neurocomp-bulk").glob("*.jsonl")
                self.num_left = len(shards) - len(list(records))
                self.killed.append(self._workers()[0])
                os.kill(self.killed[0], signal.SIGKILL)
            yield shard, result

    def close(self) -> None:
        self._engine.close()


def manifest(folder: Path) -> list[dict[str, Any]]:
    lines = (folder / "neurocomp-manifest.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def check_killed(tmp_path: Path, source: Path, killer: Killer, shard_bytes: int) -> None:
    """Compress with a worker that is killed, and compare with what one process makes."""
    alone, together = tmp_path / "alone", tmp_path / "together"
    summary = bulk.compress(
        source, together, Settings(killer, shard_bytes=shard_bytes), preset="fast"
    )
    assert len(killer.killed) == 1
    assert killer.num_left > 0  # it was in the middle
    assert len({shard.name for shard in killer.seen}) == len(killer.seen) > 4
    assert (summary.failed, summary.lost) == ([], {})
    assert summary.num_new + summary.num_kept == len(contents(source))
    bulk.compress(source, alone, SERIAL, preset="fast")
    assert frames(together) == frames(alone)
    assert manifest(together) == manifest(alone)
    assert set(contents(together)) == set(contents(alone))  # and no part is left


def test_dask_threads(tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    make_set(tmp_path / "source", 8)
    done: list[tuple[int, int]] = []
    settings = Settings(
        *("dask", None, 2, "threads", 8 << 10), report=lambda *sizes: done.append(sizes)
    )
    summary = bulk.compress(tmp_path / "source", tmp_path / "dask", settings, preset="fast")
    assert summary.num_new == 8
    total = summary.content_bytes
    assert done[-1] == (total, total)
    assert [one[0] for one in done] == sorted(one[0] for one in done)
    bulk.compress(tmp_path / "source", tmp_path / "alone", SERIAL, preset="fast")
    assert frames(tmp_path / "dask") == frames(tmp_path / "alone")
    assert bulk.test(tmp_path / "dask", settings).num_new == 8


@pytest.fixture
def cluster() -> Iterator[Any]:
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            dashboard_address=None,
            silence_logs=logging.CRITICAL,
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.mark.parametrize(
    ("num_files", "shard_bytes"),
    [(50, 16 << 10), pytest.param(300, 64 << 10, marks=pytest.mark.slow)],
)
def test_a_worker_of_dask_is_killed(
    tmp_path: Path, cluster: Any, num_files: int, shard_bytes: int
) -> None:
    from neurocomp.bulk.engines.dask import DaskEngine

    def workers() -> list[int]:
        busy = [address for address, keys in cluster.processing().items() if keys]
        pids = cluster.run(os.getpid)
        return [pids[address] for address in busy]

    source = tmp_path / "source"
    make_set(source, num_files)
    killer = Killer(DaskEngine(cluster), workers)
    assert killer.num_workers == 2
    check_killed(tmp_path, source, killer, shard_bytes)
    assert cluster.status == "running"


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # Ray warns of itself
def test_a_worker_of_ray_is_killed(tmp_path: Path) -> None:
    ray = pytest.importorskip("ray")
    from neurocomp.bulk.engines.ray import RayEngine

    psutil = pytest.importorskip("psutil")

    def workers() -> list[int]:
        pids = []
        for one in psutil.Process().children(recursive=True):
            with suppress(psutil.Error):  # it may end meanwhile
                if "Worker" in "".join(one.cmdline()[:1]):
                    pids.append(one.pid)
        return pids

    source = tmp_path / "source"
    make_set(source, 300, 4_000)
    engine = RayEngine.begin(None, 2)
    try:
        check_killed(tmp_path, source, Killer(engine, workers), 64 << 10)
    finally:
        engine.close()
    assert not ray.is_initialized()


@pytest.mark.slow
def test_dask_by_its_address(tmp_path: Path, cluster: Any) -> None:
    make_set(tmp_path / "source", 20)
    address = cluster.scheduler_info()["address"]
    settings = Settings(scheduler=address)
    summary = bulk.compress(tmp_path / "source", tmp_path / "target", settings, preset="fast")
    assert summary.num_new == 20
    assert bulk.restore(tmp_path / "target", tmp_path / "back", settings).num_new == 20
    assert contents(tmp_path / "back") == contents(tmp_path / "source")


def test_which_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(make_engine("auto", workers=1), SerialEngine)
    with pytest.raises(UsageError, match="has no scheduler"):
        make_engine("serial", "tcp://127.0.0.1:1")
    with pytest.raises(UsageError, match="no workers 'fibres': choose one of processes, threads"):
        make_engine(local="fibres")
    monkeypatch.setattr(extras, "has", lambda name: False)
    assert isinstance(make_engine("auto", workers=4), SerialEngine)
    with pytest.raises(MissingPackageError, match=r"needs the packages dask and .*\[dask\]"):
        make_engine("dask")
    with pytest.raises(MissingPackageError, match=r"'ray' needs the packages .* ray, .*\[ray\]"):
        make_engine("ray")


def test_an_engine_that_is_left_early_stops(tmp_path: Path) -> None:
    """As where a worker has another model: nothing goes on behind the error."""
    pytest.importorskip("distributed")
    engine = make_engine("dask", workers=1, local="threads")
    try:
        results = engine.run(_sleep, [Shard(None, f"{n}", ()) for n in range(3)])  # type: ignore[arg-type]
        next(results)
        results.close()  # type: ignore[attr-defined]
        deadline = time.monotonic() + 20
        while engine.client.processing() != {} and time.monotonic() < deadline:  # type: ignore[attr-defined]
            if not any(engine.client.processing().values()):  # type: ignore[attr-defined]
                break
            time.sleep(0.05)
        assert not any(engine.client.processing().values())  # type: ignore[attr-defined]
    finally:
        engine.close()


def _sleep(shard: Shard) -> list[Any]:
    time.sleep(0.05)
    return []
