"""Threads that code sections of blocks side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import TypeVar

Result = TypeVar("Result")


class Workers:
    """A number of threads, which begin with the first work; a single one is the caller's.

    What they are given must not start anything itself: it would wait for a thread, and keep one.
    """

    def __init__(self, threads: int) -> None:
        self._pool: ThreadPoolExecutor | None = None
        if threads > 1:
            self._pool = ThreadPoolExecutor(threads, thread_name_prefix="neurocomp-section")

    def start(self, function: Callable[[], Result]) -> Future[Result]:
        """Have ``function`` called as soon as a thread is free."""
        if self._pool is not None:
            return self._pool.submit(function)
        done: Future[Result] = Future()
        done.set_result(function())
        return done

    def map(
        self, function: Callable[..., Result], arguments: Iterable[tuple[object, ...]]
    ) -> list[Result]:
        """Return what ``function`` makes of each tuple of arguments, in order.

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
