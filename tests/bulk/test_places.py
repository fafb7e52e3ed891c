"""Folders, local and by URL: files are whole or not there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from neurocomp import extras
from neurocomp.bulk.local_place import LocalPlace
from neurocomp.bulk.places import FileStatus, Place, check_path, is_part, open_place
from neurocomp.errors import FormatError, MissingPackageError, UsageError


@pytest.fixture(params=["local", "memory"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    if request.param == "local":
        yield open_place(tmp_path / "set")
        return
    fsspec = pytest.importorskip("fsspec")
    yield open_place("memory://set")
    filesystem = fsspec.filesystem("memory")
    filesystem.store.clear()
    filesystem.pseudo_dirs[:] = [""]


def write(place: Place, path: str, content: bytes) -> None:
    with place.new_file(path) as file:
        file.write(content)


def read(place: Place, path: str) -> bytes:
    with place.open(path) as file:
        return file.read()


def test_files_are_written_listed_and_removed(place: Place) -> None:
    with pytest.raises(FileNotFoundError):
        list(place.files())
    for path, content in (("b/c[1]*.txt", b"abc"), ("a", b""), ("b/d/e", b"e"), ("ä?", b"1")):
        write(place, path, content)
    place.settle()
    listed = {one.path: one.num_bytes for one in place.files()}
    assert list(listed.items()) == [("a", 0), ("b/c[1]*.txt", 3), ("b/d/e", 1), ("ä?", 1)]
    assert [one.path for one in place.files("b/d/")] == ["b/d/e"]
    with pytest.raises(FileNotFoundError):
        list(place.files("c/"))
    assert read(place, "b/c[1]*.txt") == b"abc"
    status = place.status("b/d/e")
    assert status is not None
    assert status.num_bytes == 1
    assert (place.status("b/d"), place.status("no"), place.status("a/no")) == (None, None, None)
    write(place, "b/d/e", b"other")
    assert read(place, "b/d/e") == b"other"
    changed = place.status("b/d/e")
    assert changed is not None
    assert changed.version != status.version
    place.remove("b/d/e")
    place.remove("b/d/e")
    assert [one.path for one in place.files()] == ["a", "b/c[1]*.txt", "ä?"]


def fail(place: Place, path: str) -> None:
    with place.new_file(path) as file:
        file.write(b"half")
        raise ZeroDivisionError


def test_an_exception_leaves_what_was_there(place: Place) -> None:
    write(place, "a", b"before")
    for path in ("a", "new/b"):
        with pytest.raises(ZeroDivisionError):
            fail(place, path)
    assert read(place, "a") == b"before"
    assert [one.path for one in place.files()] == ["a"]
    assert place.remove_parts() == 0


def test_parts_of_the_killed_are_not_listed_and_are_removed(place: Place) -> None:
    write(place, "a", b"whole")
    write(place, "b/.neurocomp-0123.part", b"half")
    assert [one.path for one in place.files()] == ["a"]
    assert place.remove_parts() == 1
    assert place.remove_parts() == 0
    assert is_part(".neurocomp-0123.part")
    assert not is_part("x.neurocomp-0123.part")


def test_a_local_file_gets_permissions_and_time(tmp_path: Path) -> None:
    place = LocalPlace(tmp_path)
    like = FileStatus("", 0, modified_ns=10**18 + 1, mode=0o400)
    with place.new_file("a", like) as file:
        part = next(tmp_path.iterdir())
        assert part.stat().st_mode & 0o777 == 0o600
        file.write(b"private")
    status = (tmp_path / "a").stat()
    assert (status.st_mode & 0o777, status.st_mtime_ns) == (0o400, 10**18 + 1)


def test_links_and_pipes_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"a")
    (tmp_path / "link").symlink_to("a")
    (tmp_path / "folder").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    assert [one.path for one in LocalPlace(tmp_path).files()] == ["a"]
    assert LocalPlace(tmp_path).status("link") is None


def test_names_that_are_not_utf_8(tmp_path: Path) -> None:
    name = os.fsdecode(b"a\xff")
    write(LocalPlace(tmp_path), name, b"1")
    assert [one.path for one in LocalPlace(tmp_path).files()] == [name]


def test_an_error_of_writing_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"a file")
    with pytest.raises(OSError, match="a") as caught:
        write(LocalPlace(tmp_path), "a/b", b"")
    assert "part" not in str(caught.value)


def test_what_names_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert open_place("x").url == str(tmp_path / "x")
    assert open_place("file:///a%20b").url == "/a b"
    with pytest.raises(UsageError, match="another machine"):
        open_place("file://host/a")
    with pytest.raises(UsageError, match="is empty"):
        open_place("")
    monkeypatch.setattr(extras, "has", lambda name: False)
    with pytest.raises(MissingPackageError, match=r"'s3://b' needs the package fsspec.*\[integrat"):
        open_place("s3://b")


@pytest.mark.parametrize("path", ["", "/a", "a/", "a//b", "../a", "a/../b", ".", "a/./b", "a\0b"])
def test_a_manifests_path_stays_in_the_set(path: str) -> None:
    with pytest.raises(FormatError, match="leads elsewhere"):
        check_path(path)
    assert check_path("a/..b/c") == "a/..b/c"
