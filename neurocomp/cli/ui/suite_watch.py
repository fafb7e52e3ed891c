"""Progress of a suite: a live table on a terminal, a line for each row elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING

from neurocomp.cli.ui.report import Reporter

if TYPE_CHECKING:
    from rich.live import Live
    from rich.table import Table

    from neurocomp.bench.suite.rows import Row
    from neurocomp.bench.suite.runner import Job

_PER_SECOND = 4


class LineWatch:
    """Says a line for each row that is done, and what is left."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._total = self._done = 0

    def __enter__(self) -> LineWatch:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def planned(self, jobs: Sequence[Job]) -> None:
        """Note how many rows there will be."""
        self._total = len(jobs)

    def started(self, job: Job, run: int) -> None:
        """Print what is running, if details are wanted."""
        self._reporter.detail(f"running {job.title} on {job.content.name}, run {run + 1}")

    def finished(self, row: Row, resumed: bool) -> None:
        """Print the result of a row."""
        self._done += 1
        before = " (from before)" if resumed else ""
        self._reporter.note(
            f"{self._done}/{self._total} {row.file}: {row.title}: {told(row)}{before}"
        )


class LiveWatch:
    """A table of contenders that fills on standard error: done, left, running, figures so far."""

    def __init__(self) -> None:
        self._rows: dict[str, list[Row]] = {}
        self._left: dict[str, int] = {}
        self._running: tuple[str, str] | None = None
        self._start = monotonic()
        self._live: Live | None = None

    def __enter__(self) -> LiveWatch:
        from rich.console import Console
        from rich.live import Live

        self._live = Live(
            get_renderable=self._table,
            console=Console(file=sys.stderr),
            refresh_per_second=_PER_SECOND,
            transient=True,
        )
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def planned(self, jobs: Sequence[Job]) -> None:
        """Note how many rows each contender will have."""
        for job in jobs:
            self._left[job.title] = self._left.get(job.title, 0) + 1
            self._rows.setdefault(job.title, [])

    def started(self, job: Job, run: int) -> None:
        """Show what is running."""
        self._running = (job.title, job.content.name + (f", run {run + 1}" if run else ""))

    def finished(self, row: Row, resumed: bool) -> None:
        """Show the figures so far."""
        self._rows[row.title].append(row)
        self._left[row.title] -= 1
        self._running = None

    def _table(self) -> Table:
        from rich.table import Table
        from rich.text import Text

        from neurocomp.bench.suite.summary import totals
        from neurocomp.bench.suite.tables import megabytes, speed

        done, left = sum(map(len, self._rows.values())), sum(self._left.values())
        seconds = int(monotonic() - self._start)
        clock = f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
        table = Table(caption=f"{done} rows done, {left} left, {clock}", box=None, pad_edge=False)
        table.add_column("contender", no_wrap=True)
        for title in ("done", "left", "bpb", "KB/s", "KB/s back", "MB"):
            table.add_column(title, justify="right")
        table.add_column("now")
        for title, rows in self._rows.items():
            total = next(iter(totals(rows)), None)
            running = self._running is not None and self._running[0] == title
            failed = sum(not row.is_ok for row in rows)
            now = self._running[1] if running and self._running else ""
            now = now or (f"{failed} without a result" if failed else "")
            figures = ("", "", "", "")
            if total is not None and total.num_files:
                figures = (
                    f"{total.bits_per_byte:.3f}",
                    speed(total.compress_speed),
                    speed(total.decompress_speed),
                    megabytes(total.memory_bytes),
                )
            cells = (title, str(len(rows)), str(self._left[title]), *figures, now)
            style = "bold" if running else "dim" if not self._left[title] else ""
            table.add_row(*(Text(cell) for cell in cells), style=style)
        return table


def told(row: Row) -> str:
    """Return the result of a row in a few words."""
    if not row.is_ok:
        return f"{row.state}: {row.message}"
    bits = f"{row.compressed_bytes} bytes, {row.bits_per_byte:.3f} bpb"
    if row.compress_cpu is not None and row.decompress_cpu is not None:
        bits += f", {row.compress_cpu:.2f} s, {row.decompress_cpu:.2f} s back"
    return bits + (f" ({row.message})" if row.message else "")
