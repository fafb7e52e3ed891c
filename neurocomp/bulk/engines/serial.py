"""One shard after the other, in this process; blocks and sections share its cores."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from neurocomp.bulk.engines import Result, Work
from neurocomp.bulk.shards import Shard


class SerialEngine:
    """This process."""

    num_workers = 1
    threads = 0

    def run(self, work: Work, shards: Sequence[Shard]) -> Iterator[Result]:
        """Yield each shard when it is done."""
        for shard in shards:
            try:
                yield shard, work(shard)
            except Exception as error:
                yield shard, error

    def close(self) -> None:
        """Do nothing."""
