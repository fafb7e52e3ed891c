"""How long a run still takes."""

from __future__ import annotations

from time import monotonic

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


class Pace:
    """The mean time of a step, with what validations and checkpoints take between them.

    The first step doesn't count where there are others: it compiles kernels.
    """

    def __init__(self, step: int) -> None:
        self._first, self._began = step, monotonic()
        self._is_warm = False

    def seconds_left(self, step: int, num_steps: int) -> float:
        """Return how long the steps from ``step`` to ``num_steps`` will take.

        Args:
            step: updates done, one at least since this began.
            num_steps: of the whole run.
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
