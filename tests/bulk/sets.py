"""Sets of files for tests, and what is the same in two folders."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

from neurocomp.bulk.engines import Result, Work
from neurocomp.bulk.shards import Shard
from tests.conftest import make_text


def make_set(folder: Path, num_files: int, max_bytes: int = 3_000, seed: int = 0) -> None:
    """Write files of many sizes, an empty and an incompressible one among them."""
    rng = random.Random(seed)
    for number in range(num_files):
        path = folder / f"{number % 5}" / f"file {number}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        size = 0 if number == 1 else rng.randint(1, max_bytes)
        content = rng.randbytes(size) if number == 2 else make_text(size, number)
        path.write_bytes(content)
        os.utime(path, ns=(10**18 + number, 10**18 + number))
        path.chmod(0o640 if number == 3 else 0o644)


def contents(folder: Path) -> dict[str, bytes]:
    """Return all files below ``folder``, by their paths in it."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def frames(folder: Path) -> dict[str, bytes]:
    """Return the compressed files of a set."""
    return {name: data for name, data in contents(folder).items() if name.endswith(".ncmp")}


class Recorder:
    """An engine of this process that remembers what it was given, and may leave shards undone."""

    num_workers = 2
    threads = 1

    def __init__(self, lost: Sequence[int] = (), after: bool = False) -> None:
        self.shards: list[Shard] = []
        self._lost = lost
        self._after = after

    @property
    def paths(self) -> list[str]:
        return sorted(item.path for shard in self.shards for item in shard.items)

    def run(self, work: Work, shards: Sequence[Shard]) -> Iterator[Result]:
        for number, shard in enumerate(shards):
            self.shards.append(shard)
            if number in self._lost:
                if self._after:
                    work(shard)
                yield shard, OSError("the worker is gone")
            else:
                yield shard, work(shard)

    def close(self) -> None:
        raise AssertionError("an engine that was given is not closed")
