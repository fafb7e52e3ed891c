"""Work for other threads, also where there are none: at the end of a program, after a fork."""

from __future__ import annotations

import os
from collections.abc import Callable
from threading import RLock
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


def submit(pool: ThreadPoolExecutor | None, function: Callable[[], Result]) -> Future[Result]:
    """Call ``function`` in a thread of ``pool``, or directly if the pool can't start one.

    A pool takes no work when the interpreter ends, though the last writers are finished then.
    """
    if pool is not None:
        try:
            return pool.submit(function)
        except RuntimeError:
            pass
    from concurrent.futures import Future

    done: Future[Result] = Future()
    try:
        done.set_result(function())
    except BaseException as error:
        done.set_exception(error)
    return done


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
