"""Ctrl-C, SIGTERM and SIGHUP during training: finish the step, keep the state, then stop."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")
"""Windows has no hang-up."""


@contextlib.contextmanager
def stop_requests() -> Iterator[Callable[[], int]]:
    """Give a function that says which signal has asked the process to stop, 0 if none.

    A signal that is ignored, as a hang-up is under ``nohup``, stays ignored.  Signals reach the
    main thread only; elsewhere nothing is changed.
    """
    requested: list[int] = []

    def asked() -> int:
        return requested[0] if requested else 0

    def request(number: int, frame: FrameType | None) -> None:
        requested.append(number)

    if threading.current_thread() is not threading.main_thread():
        yield asked
        return
    numbers = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
    heard = [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, request) for number in heard}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
