"""The log of a training run: one JSON object a line."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from neurocomp.training.run_folder import naming

if TYPE_CHECKING:
    from neurocomp.training.board import Board

LOG_NAME = "log.jsonl"
RESUMED = "resumed"
"""The event of a run that goes on after the step of a checkpoint."""


class RunLog:
    """Appends events to ``folder``/log.jsonl; every line is complete once written.

    Args:
        folder: folder of the run.
        board: is given the same events, for TensorBoard.
    """

    def __init__(self, folder: Path, board: Board | None = None) -> None:
        self._path, self._board = folder / LOG_NAME, board

    def write(self, event: str, step: int, **values: Any) -> None:
        """Append one event; ``values`` are numbers, strings or tables of them.

        JSON has no infinity and no NaN: such values become null.

        Raises:
            OSError: the log can't be written; it is named.
        """
        content = _finite({"event": event, "step": step, **values})
        line = json.dumps(content, allow_nan=False) + "\n"
        with naming(self._path), self._path.open("a+b") as file:
            file.seek(0, os.SEEK_END)
            if file.tell():
                file.seek(-1, os.SEEK_END)
                if file.read(1) != b"\n":  # a full disk or a loss of power cut the last line short
                    line = "\n" + line
            file.write(line.encode())
        if self._board is not None:
            self._board.write(event, step, values)

    def close(self) -> None:
        """Write what TensorBoard has not been given yet; called once."""
        if self._board is not None:
            self._board.close()


def read_log(folder: Path) -> list[dict[str, Any]]:
    """Return the events of a run in order of their steps.

    Where a run went on from a checkpoint, what was logged of later steps before doesn't count; the
    last repetition of each event does.  A line cut short by an interruption is left out.
    """
    events: dict[tuple[int, str], dict[str, Any]] = {}
    text = (folder / LOG_NAME).read_text(encoding="utf-8", errors="replace")
    for line in text.splitlines():
        try:
            event = json.loads(line)
            step, name = int(event["step"]), str(event["event"])
        except (ValueError, KeyError, TypeError):
            continue
        if name == RESUMED:
            events = {key: one for key, one in events.items() if key[0] <= step}
        events[step, name] = event
    return [events[key] for key in sorted(events)]


def _finite(value: Any) -> Any:
    """Return ``value`` with None for floats that JSON can't say."""
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


class Pace:
    """The mean time of a step, with what validations and checkpoints take between them.

    The first step doesn't count where there are others: it compiles kernels.
    """

    def __init__(self, step: int) -> None:
        self._first, self._began = step, monotonic()
        self._is_warm = False

    def seconds_left(self, step: int, num_steps: int) -> float:
        """Return the time that the steps from ``step`` to ``num_steps`` will take.

        Args:
            step: updates done, one at least since this began.
            num_steps: number of steps of the whole run.
        """
        now = monotonic()
        mean = (now - self._began) / max(1, step - self._first)
        if not self._is_warm:
            self._first, self._began, self._is_warm = step, now, True
        return mean * (num_steps - step)


def duration(seconds: float) -> str:
    """Return a time for people: "40 s", "12 min", "3 h 20 min", "2 d 4 h"."""
    if seconds < 1.5 * _MINUTE:
        return f"{seconds:.0f} s"
    if seconds < 1.5 * _HOUR:
        return f"{seconds / _MINUTE:.0f} min"
    if seconds < 2 * _DAY:
        hours, minutes = divmod(round(seconds / _MINUTE), 60)
        return f"{hours} h {minutes} min"
    days, hours = divmod(round(seconds / _HOUR), 24)
    return f"{days} d {hours} h"
