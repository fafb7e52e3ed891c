"""Work for other threads, where a pool can't start any more of them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from neurocomp.threads import offer, submit


class CrowdedPool(ThreadPoolExecutor):
    """Keeps work but raises, as a pool does where the system gives no thread for it."""

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        super().submit(function, *arguments, **named)
        raise RuntimeError("can't start new thread")


def test_refused_work_is_done_once() -> None:
    calls: list[int] = []
    with CrowdedPool(1) as pool:
        futures = [submit(pool, lambda: calls.append(1)) for _ in range(50)]
        for future in futures:
            future.result(timeout=60)
    assert len(calls) == 50


def test_offered_work_is_not_done_after_it_was_cancelled() -> None:
    calls: list[int] = []
    with ThreadPoolExecutor(1) as pool, CrowdedPool(1) as crowded:
        for one in (pool, crowded):
            for _ in range(50):
                if offer(one, lambda: calls.append(1)).cancel():
                    calls.append(1)
    assert len(calls) == 100


def test_errors_come_with_the_result() -> None:
    with ThreadPoolExecutor(1) as pool:
        assert isinstance(submit(pool, lambda: 1 // 0).exception(timeout=60), ZeroDivisionError)
        assert isinstance(submit(None, lambda: 1 // 0).exception(), ZeroDivisionError)
