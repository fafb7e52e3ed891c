"""Threads that code sections of blocks side by side."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from neurocomp.threads import new_pool, submit

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

Result = TypeVar("Result")
Result_co = TypeVar("Result_co", covariant=True)


class Work(Protocol[Result_co]):
    """Work in progress; a ``Future`` is one."""

    def result(self) -> Result_co:
        """Wait for the result and return it, or raise its exception."""

    def cancel(self) -> bool:
        """Cancel it if it has not started; return whether it was cancelled."""


class _Done(Generic[Result]):
    """Work that was done at once."""

    def __init__(self, result: Result) -> None:
        self._result = result

    def result(self) -> Result:
        return self._result

    def cancel(self) -> bool:
        return False


class Workers:
    """A number of threads, which begin with the first work; a single one is the caller's.

    A forked process has none of its parent's threads: it begins its own.  What they are given must
    not start anything itself: it would wait for a thread, and keep one.
    """

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._pool: ThreadPoolExecutor | None = None
        self._process = 0

    def start(self, function: Callable[[], Result]) -> Work[Result]:
        """Call ``function`` as soon as a thread is free."""
        if self._threads > 1:
            return submit(self._own_pool(), function)
        return _Done(function())

    def map(
        self, function: Callable[..., Result], arguments: Iterable[tuple[object, ...]]
    ) -> list[Result]:
        """Return the results of ``function`` for each tuple of arguments, in order.

        Raises:
            BaseException: the first that a call raised; what has not begun is left out.
        """
        pending = [self.start(partial(function, *some)) for some in arguments]
        try:
            return [one.result() for one in pending]
        except BaseException:
            for one in pending:
                one.cancel()
            raise

    def _own_pool(self) -> ThreadPoolExecutor | None:
        """Return the pool of this process, if it may still have one."""
        if self._pool is None or self._process != os.getpid():
            self._pool = new_pool(self._threads)
            self._process = os.getpid()
        return self._pool
