"""A run of several files as one: one bar, and what it came to in the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter
from types import TracebackType
from typing import TYPE_CHECKING

from neurocomp.cli.inputs import Input, Source, open_source
from neurocomp.cli.progress import ProgressBar, is_progress_shown
from neurocomp.cli.report import Reporter, say

if TYPE_CHECKING:
    from neurocomp.pipeline.parallel import Report
    from neurocomp.pipeline.streams import Sizes


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
        reporter: told the last line.
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
        """Begin with a file; return what is told its progress.

        Args:
            name: what the bar calls it.
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
