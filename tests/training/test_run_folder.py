"""Only what the program has written is a checkpoint, and only that is removed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from neurocomp.training.run_folder import checkpoint_folder, checkpoints_of, step_of
from tests.training.runs import go_on


@pytest.mark.parametrize(
    ("name", "step"),
    [
        ("step-00000004", 4),
        ("step-00000000", 0),
        ("step-123456789", 123_456_789),
        ("step-012345678", None),
        ("step-4", None),
        ("step-best", None),
        ("step-00000004.bak", None),
        ("step-00000004 (copy)", None),
        ("my-step-00000004", None),
        ("Step-00000004", None),
        ("step-0000000\N{FULLWIDTH DIGIT FOUR}", None),
        ("step-+0000004", None),
    ],
)
def test_names(name: str, step: int | None) -> None:
    assert step_of(Path("run") / name) == step
    if step is not None:
        assert checkpoint_folder(Path("run"), step).name == name


def test_they_go_by_number(tmp_path: Path) -> None:
    for step in (100_000_000, 2, 99_999_999):
        checkpoint_folder(tmp_path, step).mkdir(parents=True)
    (tmp_path / "checkpoints" / "step-99999998").write_text("a file")
    (tmp_path / "checkpoints" / "step-99999997").symlink_to("step-00000002")
    assert [step_of(path) for path in checkpoints_of(tmp_path)] == [2, 99_999_999, 100_000_000]
    assert checkpoints_of(tmp_path / "nothing") == []


def test_what_people_put_there_is_neither_taken_nor_removed(four: Path) -> None:
    checkpoints = four / "checkpoints"
    newest = checkpoints / "step-00000004"
    for name in ("step-best", "step-00000004.bak", "step-9"):
        shutil.copytree(newest, checkpoints / name)
    (checkpoints / "step-zzz").write_text("notes")
    (checkpoints / "step-00000900").symlink_to(newest.name)
    (checkpoints / "step-00000002" / "notes.txt").write_text("the best so far")
    theirs = {path.name for path in checkpoints.iterdir()} - {newest.name}
    result, said = go_on(four, 10)
    assert result.step == 10
    assert "resuming at step 4" in said
    names = {path.name for path in checkpoints.iterdir()}
    assert names == theirs | {"step-00000008", "step-00000010"}
    assert (checkpoints / "step-00000002" / "notes.txt").read_text() == "the best so far"


def test_a_copy_under_another_number_is_passed_over(four: Path) -> None:
    checkpoints = four / "checkpoints"
    copy = checkpoints / "step-00000100"
    shutil.copytree(checkpoints / "step-00000004", copy)
    result, said = go_on(four, 8)
    assert result.step == 8
    assert any("step-00000100 is skipped" in one and "is of step 4" in one for one in said)
    assert copy.is_dir()


def test_a_folder_in_the_way_is_put_aside(four: Path) -> None:
    in_the_way = four / "checkpoints" / "step-00000006"
    in_the_way.mkdir()
    (in_the_way / "mine.txt").write_text("mine")
    result, said = go_on(four, 6)
    assert result.step == 6
    assert any("step-00000006 is skipped" in one for one in said)
    assert json.loads((in_the_way / "state.json").read_text())["step"] == 6
    assert (four / "checkpoints" / "step-00000006.old-1" / "mine.txt").read_text() == "mine"


def test_what_a_killed_process_was_writing_is_removed(four: Path) -> None:
    half = four / "checkpoints" / ".step-00000005.tmp"
    half.mkdir()
    (half / "model.safetensors").write_bytes(b"half")
    other = four / "checkpoints" / ".step-mine.tmp"
    other.mkdir()
    go_on(four, 5)
    assert not half.exists()
    assert other.is_dir()
