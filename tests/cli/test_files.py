"""Output files that are whole or not there at all."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from neurocomp.pipeline.files import new_file, remove_input
from neurocomp.temporaries import discard_unfinished


def test_a_file_has_its_name_only_when_it_is_complete(tmp_path: Path) -> None:
    target = tmp_path / "a"
    with new_file(target) as file:
        file.write(b"content")
        assert not target.exists()
    assert target.read_bytes() == b"content"
    assert os.listdir(tmp_path) == ["a"]


def write_then(target: Path, action: Callable[[], object], *, overwrite: bool = False) -> None:
    """Write half of ``target``, then do something else before it is complete."""
    with new_file(target, overwrite=overwrite) as file:
        file.write(b"half")
        action()


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt, SystemExit])
def test_an_exception_leaves_what_was_there(tmp_path: Path, error: type[BaseException]) -> None:
    target = tmp_path / "a"
    target.write_bytes(b"before")

    def fail() -> None:
        raise error

    with pytest.raises(error):
        write_then(target, fail, overwrite=True)
    assert target.read_bytes() == b"before"
    assert os.listdir(tmp_path) == ["a"]


def test_a_file_that_comes_up_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    target = tmp_path / "a"
    with pytest.raises(FileExistsError):
        write_then(target, lambda: target.write_bytes(b"theirs"))
    assert target.read_bytes() == b"theirs"
    assert os.listdir(tmp_path) == ["a"]


def test_unfinished_files_can_be_discarded(tmp_path: Path) -> None:
    def discard() -> None:
        discard_unfinished()
        assert os.listdir(tmp_path) == []

    with pytest.raises(FileNotFoundError):
        write_then(tmp_path / "a", discard)


def test_what_is_no_file_is_not_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(IsADirectoryError), new_file(folder, overwrite=True):
        pass
    with new_file(Path(os.devnull)) as device:
        device.write(b"gone")
    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)
    with pytest.raises(FileNotFoundError) as caught, new_file(tmp_path / "no" / "a"):
        pass
    assert caught.value.filename == str(tmp_path / "no" / "a")


def test_a_group_that_cannot_be_kept_gets_no_more_than_everybody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "a"
    source.write_bytes(b"")
    source.chmod(0o4764)

    def refuse(*arguments: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "fchown", refuse)
    with new_file(tmp_path / "b", like=source.stat()) as file:
        assert stat.S_IMODE(os.fstat(file.fileno()).st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "b").stat().st_mode) == 0o744


def test_only_the_file_that_was_read_is_removed(tmp_path: Path) -> None:
    source, output = tmp_path / "a", tmp_path / "b"
    source.write_bytes(b"read")
    status = source.stat()
    source.write_bytes(b"changed")
    with pytest.raises(OSError, match="changed while it was read"):
        remove_input(source, status, output)
    assert source.exists()
    remove_input(source, source.stat(), output)
    assert not source.exists()
