"""Saying that kernels are being compiled, when they are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from neurocomp.cli.report import Reporter

MESSAGE = "compiling for this machine, which takes up to half a minute the first time only"


class _Announcer:
    """Hears of compilations; one loaded from the cache is none."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._is_said = False

    def notify(self, event: Any) -> None:
        if not self._is_said:
            self._is_said = True
            self._reporter.note(MESSAGE)


@contextmanager
def announced_compilation(reporter: Reporter) -> Iterator[None]:
    """Have ``reporter`` say it, once, when numba compiles something meanwhile."""
    from importlib import import_module

    # Its functions have no types.
    event: Any = import_module("numba.core.event")
    event.Listener.register(_Announcer)
    announcer = _Announcer(reporter)
    event.register("numba:compile", announcer)
    try:
        yield
    finally:
        event.unregister("numba:compile", announcer)
