"""The log of a training run: one JSON object a line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

LOG_NAME = "log.jsonl"


class RunLog:
    """Appends events to ``folder``/log.jsonl; every line is complete once written."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / LOG_NAME

    def write(self, event: str, step: int, **values: Any) -> None:
        """Append one event; ``values`` are numbers, strings or tables of them."""
        line = json.dumps({"event": event, "step": step, **values})
        with self._path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")


def read_log(folder: Path) -> list[dict[str, Any]]:
    """Return the events of a run in order of their steps.

    Where a run was interrupted and steps were repeated from a checkpoint, the last repetition of
    each event counts.  A last line cut short by an interruption is left out.
    """
    events: dict[tuple[int, str], dict[str, Any]] = {}
    for line in (folder / LOG_NAME).read_text(encoding="utf-8").splitlines():
        try:
            event = json.loads(line)
        except json.JSONDecodeError:
            continue
        events[event["step"], event["event"]] = event
    return [events[key] for key in sorted(events)]
