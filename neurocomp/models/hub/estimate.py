"""How long a float model will take, from the time of its first steps."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

WARM_STEPS, MEASURED_STEPS = 2, 8

_listener: Callable[[str], None] | None = None
_told: tuple[str, int, int] | None = None
"""What was told last: a block is predicted once more to verify it, and most have the same size."""


def listen(listener: Callable[[str], None] | None) -> None:
    """Let ``listener`` hear how long blocks take, once for each size; None for nobody."""
    global _listener, _told
    _listener, _told = listener, None


class StepTimer:
    """Counts the steps of a predictor, and tells the listener after the first ones.

    Args:
        shown: what the message calls the model.
        num_lanes: symbols of a step.
        num_symbols: of the block; 0 where they are not known.
    """

    def __init__(self, shown: str, num_lanes: int, num_symbols: int) -> None:
        self._shown, self._num_lanes, self._num_symbols = shown, num_lanes, num_symbols
        self._num_steps = 0
        self._start = 0.0

    def step(self) -> None:
        """Count a step that begins now."""
        self._num_steps += 1
        if self._num_steps == WARM_STEPS + 1:
            self._start = perf_counter()
        elif self._num_steps == WARM_STEPS + MEASURED_STEPS + 1:
            self._tell((perf_counter() - self._start) / MEASURED_STEPS)

    def _tell(self, seconds: float) -> None:
        global _told
        block = self._shown, self._num_lanes, self._num_symbols
        if _listener is not None and block != _told:
            _told = block
            _listener(self._message(seconds))

    def _message(self, seconds: float) -> str:
        rate = self._num_lanes / max(seconds, 1e-9)
        text = f"{self._shown} predicts about {rate:.0f} tokens a second here"
        if self._num_symbols:
            total = -(-self._num_symbols // self._num_lanes) * seconds
            text += (
                f": a block of {self._num_symbols} tokens takes about {_duration(total)}, and "
                "another as long to verify"
            )
        return text


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 90 * 60 else f"{seconds / 3600:.1f} h"
