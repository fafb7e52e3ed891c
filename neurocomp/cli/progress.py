"""A progress bar for work that takes its time, on a terminal only."""

from __future__ import annotations

import sys
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

DELAY_SECONDS = 1.0
INTERVAL_SECONDS = 0.1


def is_progress_shown(*, quiet: bool) -> bool:
    """Return whether there is a terminal that a bar can be drawn on."""
    return not quiet and sys.stderr is not None and sys.stderr.isatty()


class ProgressBar:
    """A bar with speed and remaining time that comes up after a second and goes when done.

    Args:
        name: what is worked on.
        total_bytes: size of its content, where that is known.
        shown: False for no bar at all.
    """

    def __init__(self, name: str, total_bytes: int | None, *, shown: bool) -> None:
        self._name = name
        self._total_bytes = total_bytes
        self._next_time = monotonic() + DELAY_SECONDS if shown else float("inf")
        self._bar: Progress | None = None
        self._task: TaskID

    def report(self, done_bytes: int) -> None:
        """Tell how much content is done; called by one thread at a time, whichever it is."""
        if monotonic() < self._next_time:
            return
        if self._bar is None:
            self._start()
        if self._bar is not None:
            self._bar.update(self._task, completed=done_bytes)
        self._next_time = monotonic() + INTERVAL_SECONDS

    def rename(self, name: str) -> None:
        """Say that ``name`` is worked on now."""
        self._name = name
        if self._bar is not None:
            self._bar.update(self._task, description=self._description())

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._next_time = float("inf")
        if self._bar is not None:
            self._bar.stop()

    def _start(self) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            DownloadColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
            TransferSpeedColumn,
        )

        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
            redirect_stdout=False,
        )
        self._task = self._bar.add_task(self._description(), total=self._total_bytes)
        self._bar.start()

    def _description(self) -> str:
        from rich.markup import escape

        return escape(self._name)
