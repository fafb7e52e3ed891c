"""Work for other threads, also where there are none: at the end of a program, after a fork."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from threading import Lock, RLock
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor
    from types import TracebackType

Result = TypeVar("Result")


def new_pool(num_threads: int) -> ThreadPoolExecutor | None:
    """Return so many threads; None when the interpreter ends and pools were never used before."""
    try:
        # Its module asks to be told of the program's end, and is refused at it.
        from concurrent.futures import ThreadPoolExecutor
    except RuntimeError:
        return None
    return ThreadPoolExecutor(num_threads, thread_name_prefix="neurocomp")


def offer(pool: ThreadPoolExecutor, function: Callable[[], Result]) -> Future[Result]:
    """Have a thread of ``pool`` call ``function``, unless the future is cancelled before.

    A pool that can't start a thread raises RuntimeError, but keeps the work: another of its threads
    may do it later. This future can be cancelled all the same, and then nobody calls ``function``.
    """
    future, run = _task(function)
    with suppress(RuntimeError):
        pool.submit(run)
    return future


def submit(pool: ThreadPoolExecutor | None, function: Callable[[], Result]) -> Future[Result]:
    """Call ``function`` in a thread of ``pool``, or directly if the pool can't start one.

    A pool takes no work when the interpreter ends, though the last writers are finished then.
    """
    future, run = _task(function)
    try:
        if pool is not None:
            pool.submit(run)
        else:
            run()
    except RuntimeError:
        run()
    return future


def _task(function: Callable[[], Result]) -> tuple[Future[Result], Callable[[], None]]:
    """Return a future, and what calls ``function`` for it once, however many threads call that."""
    from concurrent.futures import Future

    future: Future[Result] = Future()
    claim = Lock()

    def run() -> None:
        if not claim.acquire(blocking=False) or not future.set_running_or_notify_cancel():
            return
        try:
            future.set_result(function())
        except BaseException as error:
            future.set_exception(error)

    return future, run


class ForkLock:
    """A lock that a thread may take again, and that a forked process has for itself.

    In a process that was forked while another thread held it, what it guards was left in the
    middle of a change, by a thread that isn't there: taking it is an error, not a wait for ever.
    """

    def __init__(self) -> None:
        self._lock = RLock()
        self._process = os.getpid()
        self._is_broken = False

    def __enter__(self) -> None:
        if self._process != os.getpid():
            self._is_broken |= not self._lock.acquire(blocking=False)
            self._lock = RLock()
            self._process = os.getpid()
        if self._is_broken:
            raise OSError(
                "this process was forked while another thread was using the object: make a new one"
            )
        self._lock.acquire()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._lock.release()


def num_cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
