"""Ctrl-C and SIGTERM during training: finish the step, keep the state, then stop."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType


@contextlib.contextmanager
def stop_requests() -> Iterator[Callable[[], bool]]:
    """Give a function that says whether a signal has asked the process to stop.

    Signals reach the main thread only; elsewhere nothing is changed.
    """
    requested = threading.Event()

    def request(number: int, frame: FrameType | None) -> None:
        requested.set()

    if threading.current_thread() is not threading.main_thread():
        yield requested.is_set
        return
    before = {number: signal.signal(number, request) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield requested.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
