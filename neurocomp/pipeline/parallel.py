"""Ordered work on several threads, and the one place that counts and stops it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from neurocomp.threads import new_pool, submit

if TYPE_CHECKING:
    from concurrent.futures import Future

Item = TypeVar("Item")
Result = TypeVar("Result")

Report = Callable[[int], None]
"""Told the bytes of content that are done so far; may be called from any thread."""


class Stopped(Exception):
    """Ends the work of a thread whose result nobody waits for any more."""


class Monitor:
    """Counts the content that is done and tells workers to stop.

    Args:
        report: a function that is called with the count whenever it grows.
    """

    def __init__(self, report: Report | None = None) -> None:
        self._report = report
        self._lock = threading.Lock()
        self._done_bytes = 0
        self._stop = threading.Event()

    def advance(self, num_bytes: int) -> None:
        """Count ``num_bytes`` more.

        Raises:
            Stopped: ``stop`` has been called.
        """
        if self._stop.is_set():
            raise Stopped
        with self._lock:
            self._done_bytes += num_bytes
            if self._report is not None:
                self._report(self._done_bytes)

    def stop(self) -> None:
        """Make the next ``advance`` of every worker raise ``Stopped``."""
        self._stop.set()


def ordered_map(
    function: Callable[[Item], Result], items: Iterable[Item], threads: int, monitor: Monitor
) -> Iterator[Result]:
    """Yield ``function(item)`` for every item, in order, on ``threads`` threads.

    At most ``threads + 1`` items are in flight.  Where ``items`` raises, the results of what came
    before are yielded first.  When the generator ends early, for whatever reason, ``monitor``
    stops the workers and they are waited for.
    """
    if threads == 1:
        yield from map(function, items)
        return
    pending: deque[Future[Result]] = deque()
    iterator = iter(items)
    failure: Exception | None = None
    pool = new_pool(threads)
    with pool or nullcontext():
        try:
            while True:
                try:
                    item = next(iterator)
                except StopIteration:
                    break
                except Exception as error:
                    failure = error
                    break
                pending.append(submit(pool, partial(function, item)))
                if len(pending) > threads:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
            if failure is not None:
                raise failure
        except BaseException:
            monitor.stop()
            for future in pending:
                future.cancel()
            raise
