"""A full disk: what is named, what is left, what is the last checkpoint."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from neurocomp.training import run_folder as durable
from neurocomp.training.data import SymbolCache
from neurocomp.training.log import RunLog, read_log
from tests.training.runs import go_on, steps_of

FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def fill(monkeypatch: pytest.MonkeyPatch, when: str) -> None:
    """Let the disk be full where a file of the name ``when`` is synced."""
    fsync = os.fsync

    def sync(descriptor: int) -> None:
        if os.readlink(f"/proc/self/fd/{descriptor}").endswith(f"/{when}"):
            raise OSError(*FULL.args)
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", sync)


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="files are told by /proc")
@pytest.mark.parametrize(
    "name",
    ["model.safetensors", "optimizer.safetensors", "state.json", "config.json", "SHA256SUMS"],
)
def test_a_checkpoint(four: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    checkpoints = four / "checkpoints"
    before = {path: path.read_bytes() for path in checkpoints.rglob("*") if path.is_file()}
    fill(monkeypatch, name)
    with pytest.raises(OSError, match="No space left on device") as refusal:
        go_on(four, 6)
    assert refusal.value.filename == str(checkpoints / "step-00000006" / name)
    last = checkpoints / "step-00000004"
    assert f"step 6 is not saved; the last sound checkpoint is {last}" in str(refusal.value)
    assert {path: path.read_bytes() for path in checkpoints.rglob("*") if path.is_file()} == before
    assert sorted(path.name for path in checkpoints.iterdir()) == ["step-00000002", last.name]
    monkeypatch.undo()
    assert go_on(four, 6)[0].finished
    assert [step for step, _, _ in steps_of(four)] == list(range(1, 7))


def test_files_are_on_the_disk_before_their_folder_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    fsync, rename = os.fsync, os.rename

    def sync(descriptor: int) -> None:
        order.append("sync")
        fsync(descriptor)

    def move(source: Any, target: Any) -> None:
        order.append("rename")
        rename(source, target)

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(os, "rename", move)
    with durable.new_folder(tmp_path / "new") as folder:
        durable.write_file(folder / "a", b"a")
    # The file and the names in its folder; then the name of the folder, and that on the disk too.
    assert order[-4:] == ["sync", "sync", "rename", "sync"]
    assert (tmp_path / "new" / "a").read_bytes() == b"a"


def test_an_error_leaves_no_folder(tmp_path: Path) -> None:
    def fail() -> None:
        with durable.new_folder(tmp_path / "new") as folder:
            durable.write_file(folder / "a", b"a")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert not list(tmp_path.iterdir())


def test_the_log_and_the_cache_are_named(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("there is no full device")
    (tmp_path / "log.jsonl").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left on device") as refusal:
        RunLog(tmp_path).write("step", 1)
    assert refusal.value.filename == str(tmp_path / "log.jsonl")


def test_the_cache_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"text")

    def refuse(descriptor: int) -> None:
        raise OSError(*FULL.args)

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match="No space left") as refusal:
        SymbolCache(tmp_path / "cache").load(path)
    assert Path(refusal.value.filename).suffix == ".npy"
    assert not list((tmp_path / "cache").iterdir())


def test_a_line_that_was_cut_short_is_left_alone(tmp_path: Path) -> None:
    log = RunLog(tmp_path)
    log.write("step", 1, loss=1.0)
    with (tmp_path / "log.jsonl").open("a") as file:
        file.write('{"event": "step", "st')
    log.write("step", 2, loss=float("inf"))
    with (tmp_path / "log.jsonl").open("a") as file:
        file.write('[1]\n3\n{"event": "step"}\n')
    log.write("step", 3, loss=0.5)
    log.write("resumed", 2)
    assert [(e["event"], e["step"]) for e in read_log(tmp_path)] == [
        ("step", 1),
        ("resumed", 2),
        ("step", 2),
    ]
    assert read_log(tmp_path)[-1]["loss"] is None
