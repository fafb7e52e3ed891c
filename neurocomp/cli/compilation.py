"""Saying that kernels are being compiled, when they are."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

from neurocomp.cli.report import Reporter

MESSAGE = "compiling for this machine, which takes up to half a minute the first time only"

_EVENTS = "numba.core.event"
_COMPILATION = "numba:compile"


class _Announcer(MetaPathFinder):
    """Hears of compilations; one loaded from the cache is none.

    What needs no compiler does not load one: until something does, this waits for that import.
    """

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._is_said = False
        self._events: Any = None

    def notify(self, event: Any) -> None:
        if not self._is_said:
            self._is_said = True
            self._reporter.note(MESSAGE)

    def listen(self, events: ModuleType) -> None:
        """Hear of what ``events``, numba's module, tells."""
        self._events = events
        self._events.Listener.register(_Announcer)
        self._events.register(_COMPILATION, self)

    def close(self) -> None:
        if self._events is not None:
            self._events.unregister(_COMPILATION, self)

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Let the module be found as ever, and be listened to once it is loaded."""
        spec = PathFinder.find_spec(name, path, target) if name == _EVENTS else None
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def execute_and_listen(module: ModuleType) -> None:
                execute(module)
                self.listen(module)

            vars(spec.loader)["exec_module"] = execute_and_listen
        return spec


@contextmanager
def announced_compilation(reporter: Reporter) -> Iterator[None]:
    """Have ``reporter`` say it, once, when numba compiles something meanwhile."""
    announcer = _Announcer(reporter)
    if _EVENTS in sys.modules:
        announcer.listen(sys.modules[_EVENTS])
    else:
        sys.meta_path.insert(0, announcer)
    try:
        yield
    finally:
        if announcer in sys.meta_path:
            sys.meta_path.remove(announcer)
        announcer.close()
