"""Progress on a terminal: one bar for a run of any number of files."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from time import monotonic, perf_counter
from types import TracebackType
from typing import TYPE_CHECKING

from neurocomp.cli.files.inputs import Input, Source, open_source
from neurocomp.cli.ui.report import Reporter, say

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from neurocomp.pipeline.parallel import Report
    from neurocomp.pipeline.streams import Sizes

DELAY_SECONDS = 1.0
INTERVAL_SECONDS = 0.1


def is_progress_shown(*, quiet: bool) -> bool:
    """Return whether there is a terminal that a bar can be drawn on."""
    return not quiet and sys.stderr is not None and sys.stderr.isatty()


class ProgressBar:
    """A bar with speed and remaining time that comes up after a second and goes when done.

    Args:
        name: name of the file.
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
        """Update the progress; called by one thread at a time, but any thread."""
        if monotonic() < self._next_time:
            return
        if self._bar is None:
            self._start()
        if self._bar is not None:
            self._bar.update(self._task, completed=done_bytes)
        self._next_time = monotonic() + INTERVAL_SECONDS

    def expect(self, total_bytes: int) -> None:
        """Set the total size of the content, once it is known."""
        self._total_bytes = total_bytes
        if self._bar is not None:
            self._bar.update(self._task, total=total_bytes)

    def rename(self, name: str) -> None:
        """Show that ``name`` is being processed."""
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


def describe_sizes(content_bytes: int, frame_bytes: int, seconds: float) -> str:
    """Return sizes, ratio and speed in words."""
    rate = ""
    if content_bytes:
        share = frame_bytes / content_bytes
        rate = f" ({100 * share:.1f}%, {8 * share:.3f} bits per byte)"
    return (
        f"{content_bytes} bytes of content, {frame_bytes} compressed{rate}, "
        f"{content_bytes / max(seconds, 1e-9) / 1000:.0f} KB/s"
    )


class Totals:
    """Adds up what is done, draws it on a terminal, and tells it in the end.

    The last line is for several files, on a terminal or where the user asked for details.

    Args:
        reporter: reporter of the last line.
        items: the files.
        content_bytes: tells the size of a file's content, where that can be known beforehand.
    """

    def __init__(
        self,
        reporter: Reporter,
        items: Sequence[Input],
        content_bytes: Callable[[Source], int | None],
    ) -> None:
        self._reporter = reporter
        self._num_files = len(items)
        self._num_refused = reporter.num_errors
        self._num_begun = 0
        self._num_done = 0
        self._content_bytes = 0
        self._frame_bytes = 0
        self._is_terminal = is_progress_shown(quiet=reporter.quiet)
        # Only a bar needs to know it, and to look into each file takes a while.
        total_bytes = _total_bytes(items, content_bytes) if self._is_terminal else None
        self._bar = ProgressBar("", total_bytes, shown=self._is_terminal)

    def begin(self, name: str, *, shown: bool) -> Report:
        """Start a file; return the function to call with its progress.

        Args:
            name: label of the bar.
            shown: False where its content goes to the terminal of the bar.
        """
        self._num_begun += 1
        before = self._content_bytes
        if self._num_files > 1:
            name = f"{name} ({self._num_begun} of {self._num_files})"
        self._bar.rename(name)
        return (lambda done: self._bar.report(before + done)) if shown else (lambda done: None)

    def end(self, sizes: Sizes) -> None:
        """Count a file that is done."""
        self._num_done += 1
        self._content_bytes += sizes.content_bytes
        self._frame_bytes += sizes.frame_bytes

    def __enter__(self) -> Totals:
        self._start = perf_counter()
        self._bar.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._bar.__exit__(kind, error, traceback)
        is_told = self._reporter.verbose or self._is_terminal
        if kind is None and self._num_files > 1 and is_told and not self._reporter.quiet:
            seconds = perf_counter() - self._start
            told = describe_sizes(self._content_bytes, self._frame_bytes, seconds)
            failed = self._num_refused + self._num_files - self._num_done
            say(f"{self._num_done} files: {told}" + (f"; {failed} not done" if failed else ""))


def _total_bytes(
    items: Sequence[Input], content_bytes: Callable[[Source], int | None]
) -> int | None:
    """Return the size of all contents, where all are known."""
    total = 0
    for item in items:
        try:
            if item.path is not None and not item.path.is_file():
                return None  # to open it is for its turn
            with open_source(item) as source:
                size = content_bytes(source)
        except OSError:
            return None
        if size is None:
            return None
        total += size
    return total
