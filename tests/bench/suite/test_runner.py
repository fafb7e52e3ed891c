"""A suite's run: rows in turn, medians, and nothing done twice."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from neurocomp.bench.suite import machine, runner
from neurocomp.bench.suite.contenders import Contender
from neurocomp.bench.suite.journal import NAME, held
from neurocomp.bench.suite.rows import Row, State
from neurocomp.bench.suite.runner import Job, Plan, run_plan
from neurocomp.bench.suite.trial import Trial
from neurocomp.errors import UsageError
from tests.bench.suite.programs import contender, content, png

A, B = content("a", b"a" * 1000), content("b", b"b" * 500)


class Watch:
    """Remembers what it is told."""

    def __init__(self) -> None:
        self.runs: list[tuple[str, str, int]] = []
        self.resumed: list[bool] = []
        self.num_planned = 0

    def planned(self, jobs: Sequence[Job]) -> None:
        self.num_planned = len(jobs)

    def started(self, job: Job, run: int) -> None:
        self.runs.append((job.content.name, job.title, run))

    def finished(self, row: Row, resumed: bool) -> None:
        self.resumed.append(resumed)


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Contender, Contender]:
    folder = tmp_path / "programs"
    folder.mkdir()
    return contender(folder, "x"), contender(folder, "y")


def run(plan: Plan, folder: Path) -> tuple[list[Row], Watch]:
    folder.mkdir(exist_ok=True)
    watch = Watch()
    rows = list(run_plan(plan, folder, watch))
    assert not list(folder.glob(".work-*"))
    assert watch.num_planned == len(rows)
    return rows, watch


def fake_trials(monkeypatch: pytest.MonkeyPatch, outcomes: dict[str, list[Trial]]) -> None:
    """Have contenders end as is listed, one after the other."""

    def try_once(one: Contender, *_: Any) -> Trial:
        return outcomes[one.name].pop(0)

    monkeypatch.setattr(runner, "try_once", try_once)


def ok(seconds: float, size: int = 100, memory: int = 1) -> Trial:
    return Trial(
        State.OK,
        compressed_bytes=size,
        compared="bytes",
        compress_cpu=seconds,
        decompress_cpu=2 * seconds,
        compress_wall=3 * seconds,
        compress_memory=memory,
    )


def test_medians_of_runs_in_turn(
    pair: tuple[Contender, Contender], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcomes = {"x": [ok(1, memory=5), ok(9), ok(2)], "y": [ok(5), ok(4), ok(3)]}
    fake_trials(monkeypatch, outcomes)
    rows, watch = run(Plan("s", [A], pair, repeats=3), tmp_path / "out")
    assert watch.runs == [("a", name, number) for number in range(3) for name in "xy"]
    assert [(row.compress_cpu, row.decompress_cpu) for row in rows] == [(2, 4), (4, 8)]
    assert rows[0].compress_cpus == (1, 9, 2)
    assert rows[0].compress_memory == 5
    assert (rows[0].compress_wall, rows[0].compress_walls) == (6, (3, 27, 6))
    assert (rows[0].decompress_wall, rows[0].decompress_walls) == (None, ())


def test_a_run_goes_on_where_it_stopped(pair: tuple[Contender, Contender], tmp_path: Path) -> None:
    out = tmp_path / "out"
    plan = Plan("s", [A, B], pair)
    out.mkdir()
    watch = Watch()
    rows = run_plan(plan, out, watch)
    first = next(rows)
    rows.close()  # as an interruption would
    again, second = run(plan, out)
    assert watch.runs == [("a", "x", 0)]
    assert second.runs == [("a", "y", 0), ("b", "x", 0), ("b", "y", 0)]
    assert second.resumed == [True, False, False, False]
    assert again[0] == first
    _, third = run(plan, out)
    assert third.runs == []
    more, fourth = run(replace(plan, repeats=2), out)
    assert [number for *_, number in fourth.runs] == [1] * 4
    assert len(more[0].compress_cpus) == 2


def test_only_what_has_changed_is_measured_again(
    pair: tuple[Contender, Contender], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    run(Plan("s", [A, B], pair), out)
    other = content("a", b"another content")
    newer = replace(pair[1], version="2"), replace(pair[0], flags="-9")
    for plan, expected in (
        (Plan("s", [other, B], pair), [("a", "x", 0), ("a", "y", 0)]),
        (Plan("s", [B], newer), [("b", "y", 0), ("b", "x", 0)]),
        (
            Plan("s", [B], [replace(pair[0], has_threads=True)], threads=(1, 2)),
            [("b", "x (2 threads)", 0)],
        ),
    ):
        assert run(plan, out)[1].runs == expected
    monkeypatch.setattr(machine, "machine", lambda: "another machine")
    assert len(run(Plan("s", [B], pair), out)[1].runs) == 2


def test_what_failed_is_run_again_only_when_asked(
    pair: tuple[Contender, Contender], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, plan = tmp_path / "out", Plan("s", [A], pair[:1], timeout=5, repeats=2)
    fake_trials(monkeypatch, {"x": [Trial(State.TIMEOUT, "late")]})
    rows, watch = run(plan, out)
    assert (rows[0].state, rows[0].message, len(watch.runs)) == (State.TIMEOUT, "late", 1)
    assert run(plan, out)[1].runs == []
    assert run(replace(plan, timeout=3), out)[1].runs == []
    fake_trials(monkeypatch, {"x": [Trial(State.FAILED, "broken")]})
    rows, _ = run(replace(plan, timeout=10), out)
    assert rows[0].state is State.FAILED
    assert run(replace(plan, timeout=10), out)[1].runs == []
    fake_trials(monkeypatch, {"x": [ok(1), ok(2)]})
    rows, _ = run(replace(plan, timeout=10, retry=True), out)
    assert rows[0].is_ok


def test_sizes_that_differ_are_told(
    pair: tuple[Contender, Contender], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_trials(monkeypatch, {"x": [ok(1, 100), ok(1, 103)]})
    [row], _ = run(Plan("s", [A], pair[:1], repeats=2), tmp_path / "out")
    assert (row.compressed_bytes, row.message) == (103, "sizes differ between runs: 100 to 103")


def test_a_line_that_was_cut_off_is_left_out(
    pair: tuple[Contender, Contender], tmp_path: Path
) -> None:
    out, plan = tmp_path / "out", Plan("s", [A, B], pair[:1])
    run(plan, out)
    journal = out / NAME
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(lines[0] + lines[1][:20])
    assert run(plan, out)[1].runs == [("b", "x", 0)]
    items = [json.loads(line) for line in journal.read_bytes().splitlines() if line[-1:] == b"}"]
    assert [(item["file"], item["contender"]) for item in items] == [("a", "x"), ("b", "x")]
    assert run(plan, out)[1].runs == []


def test_coders_of_pictures_are_given_pictures(
    pair: tuple[Contender, Contender], tmp_path: Path
) -> None:
    coder = replace(pair[0], formats=("png",))
    picture = content("p", png(), ".png")
    rows, _ = run(Plan("s", [A, picture], [coder, pair[1]]), tmp_path / "out")
    assert [(row.file, row.title) for row in rows] == [("a", "y"), ("p", "x"), ("p", "y")]


def test_two_runs_in_one_folder(tmp_path: Path, pair: tuple[Contender, Contender]) -> None:
    pytest.importorskip("fcntl")
    with held(tmp_path), pytest.raises(UsageError, match="another run is under way"):
        list(run_plan(Plan("s", [A], pair), tmp_path, Watch()))
    assert not (tmp_path / NAME).exists()


def test_one_that_knows_no_threads_runs_once(
    pair: tuple[Contender, Contender], tmp_path: Path
) -> None:
    both = pair[0], replace(pair[1], has_threads=True)
    rows, _ = run(Plan("s", [A], both, threads=(1, 2)), tmp_path / "out")
    assert [row.title for row in rows] == ["x", "y", "y (2 threads)"]
