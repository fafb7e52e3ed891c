"""The time that a run still takes."""

from __future__ import annotations

import pytest

from neurocomp.training import log as time_left
from neurocomp.training.log import Pace, duration


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (0.4, "0 s"),
        (59.6, "60 s"),
        (100, "2 min"),
        (3600, "60 min"),
        (12_000, "3 h 20 min"),
        (187_200, "2 d 4 h"),
        (10_000_000, "115 d 18 h"),
    ],
)
def test_people_read_it(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_the_first_step_does_not_count_where_there_are_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 100.0
    monkeypatch.setattr(time_left, "monotonic", lambda: now)
    pace = Pace(10)
    now = 130.0  # kernels were compiled
    assert pace.seconds_left(11, 21) == pytest.approx(300)
    now = 134.0
    assert pace.seconds_left(13, 21) == pytest.approx(16)
    now = 150.0  # a validation
    assert pace.seconds_left(15, 21) == pytest.approx(30)
