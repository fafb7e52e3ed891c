"""bench: what it prints, and that it checks what it measures."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest

from neurocomp.bench import contest
from neurocomp.errors import NeurocompError
from tests.cli.program import Outcome


def test_table_and_csv(inside: Callable[..., Outcome], tmp_path: Path, text: bytes) -> None:
    for name in "ab":
        (tmp_path / name).write_bytes(text[:5000])
    coders = ("--coder", "arithmetic", "--coder", "huffman")
    done = inside("bench", "-m", "adaptive", *coders, "--csv", "out.csv", "a", "b")
    assert done.code == 0
    lines = done.out.decode().splitlines()
    assert lines[0].split() == ["file", "compressor", "bytes", "bpb", "KB/s", "KB/s", "back"]
    assert sum(line.startswith("(total)") for line in lines) >= 5
    with (tmp_path / "out.csv").open() as file:
        rows = list(csv.DictReader(file))
    by_name = {row["compressor"]: row for row in rows if row["file"] == "a"}
    assert {"neurocomp adaptive, huffman", "copy", "bzip2 -9", "xz -9e"} <= set(by_name)
    assert int(by_name["copy"]["compressed_bytes"]) == 5000
    ours = by_name["neurocomp adaptive, arithmetic"]
    share = int(ours["compressed_bytes"]) / 5000
    assert float(ours["bits_per_byte"]) == pytest.approx(8 * share, abs=1e-4)
    assert float(ours["compress_cpu_seconds"]) > 0


def test_csv_alone_on_standard_output(inside: Callable[..., Outcome], tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    done = inside("bench", "-m", "adaptive", "--no-peers", "--csv", "-", "a", "missing")
    assert (done.code, done.err) == (1, "neurocomp: missing: No such file or directory\n")
    (row,) = csv.DictReader(io.StringIO(done.out.decode()))
    assert (row["compressor"], row["content_bytes"]) == ("neurocomp adaptive", "0")


def test_a_wrong_round_trip_is_no_result() -> None:
    liar = contest.Contestant("liar", lambda content: b"", lambda compressed: b"something")
    with pytest.raises(NeurocompError, match="liar does not give the content of a back"):
        contest.measure([liar], "a", b"content")


def test_times_are_medians_of_runs_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    seconds = {"a": iter([1.0, 9.0, 2.0]), "b": iter([5.0, 4.0, 3.0])}
    now = 0.0

    def contestant(name: str) -> contest.Contestant:
        def compress(content: bytes) -> bytes:
            nonlocal now
            calls.append(name)
            now += next(seconds[name])
            return content

        return contest.Contestant(name, compress, bytes)

    monkeypatch.setattr(contest, "process_time", lambda: now)
    results = contest.measure([contestant("a"), contestant("b")], "f", b"content", 3)
    assert calls == ["a", "b"] * 3
    assert [(one.name, one.compress_seconds) for one in results] == [("a", 2.0), ("b", 4.0)]
