"""Archives: shutil's ``tar.ncmp``, tarfile by file object, GNU tar with ``-I neurocomp``."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import neurocomp
from neurocomp.integrations.shutil import FORMAT, register
from tests.conftest import make_text

FILES = {"a.txt": make_text(3_000), "below/b.bin": bytes(range(256)), "below/empty": b""}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    top = tmp_path / "folder"
    for name, content in FILES.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_bytes(content)
    (top / "a.txt").chmod(0o640)
    return top


@pytest.fixture
def formats() -> Iterator[None]:
    register(preset="fast")
    yield
    shutil.unregister_archive_format(FORMAT)
    shutil.unregister_unpack_format(FORMAT)


def contents(top: Path) -> dict[str, bytes]:
    files = [path for path in top.rglob("*") if path.is_file()]
    return {path.relative_to(top).as_posix(): path.read_bytes() for path in files}


@pytest.mark.usefixtures("formats")
def test_shutil_makes_and_unpacks_archives(tmp_path: Path, folder: Path) -> None:
    made = shutil.make_archive(str(tmp_path / "backup"), FORMAT, folder)
    assert made == str(tmp_path / "backup.tar.ncmp")
    assert neurocomp.info(made)[0].models[0].family == "mix"
    shutil.unpack_archive(made, tmp_path / "out")
    assert contents(tmp_path / "out") == FILES
    assert (tmp_path / "out" / "a.txt").stat().st_mode & 0o777 == 0o640
    assert FORMAT in dict(shutil.get_archive_formats())


@pytest.mark.usefixtures("formats")
def test_what_shutil_may_ask_for(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(preset="fast")  # again
    monkeypatch.chdir(folder)
    # Into the folder itself; by a relative path; a part of it.
    made = shutil.make_archive("self", FORMAT)
    with neurocomp.open(made) as content, tarfile.open(fileobj=content) as archive:
        assert {os.path.normpath(one.name) for one in archive if one.isfile()} == set(FILES)
    part = shutil.make_archive("new/part", FORMAT, base_dir="below", owner="0", group="0")
    with neurocomp.open(part) as content, tarfile.open(fileobj=content) as archive:
        members = {one.name: (one.uid, one.gid) for one in archive}
    assert members == dict.fromkeys(["below", "below/b.bin", "below/empty"], (0, 0))
    dry = shutil.make_archive(str(tmp_path / "dry"), FORMAT, folder, dry_run=True)
    assert not Path(dry).exists()
    with pytest.raises(LookupError):
        shutil.make_archive(str(tmp_path / "no"), FORMAT, folder, owner="no such user")
    assert not list(tmp_path.glob("no*"))


@pytest.mark.usefixtures("formats")
def test_what_is_no_such_archive(tmp_path: Path) -> None:
    path = tmp_path / "a.tar.ncmp"
    path.write_bytes(neurocomp.compress(b"no tar" * 200, preset="fast"))
    with pytest.raises(shutil.ReadError, match=r"a\.tar\.ncmp is not a tar\.ncmp file"):
        shutil.unpack_archive(path, tmp_path / "out")
    path.write_bytes(b"no frame")
    with pytest.raises(shutil.ReadError, match="not a neurocomp file"):
        shutil.unpack_archive(path, tmp_path / "out")
    assert not (tmp_path / "out").exists() or not contents(tmp_path / "out")


@pytest.mark.usefixtures("formats")
@pytest.mark.skipif(not hasattr(tarfile, "data_filter"), reason="this Python has no filters")
def test_members_stay_in_the_folder(tmp_path: Path) -> None:
    path = tmp_path / "evil.tar.ncmp"
    with (
        neurocomp.open(path, "wb", preset="fast") as content,
        tarfile.open(fileobj=content, mode="w|") as archive,
    ):
        archive.addfile(tarfile.TarInfo("../outside"))
    with pytest.raises(tarfile.FilterError):
        shutil.unpack_archive(path, tmp_path / "out")
    assert not (tmp_path / "outside").exists()


def test_tarfile_by_file_object(tmp_path: Path, folder: Path) -> None:
    path = tmp_path / "a.tar.ncmp"
    with (
        neurocomp.open(path, "wb", preset="fast") as content,
        tarfile.open(fileobj=content, mode="w") as archive,
    ):
        archive.add(folder, ".")
    with neurocomp.open(path) as content, tarfile.open(fileobj=content) as archive:
        member = archive.extractfile("./below/b.bin")  # of one member, in any order
        assert member is not None
        assert member.read() == FILES["below/b.bin"]
        assert archive.getmember("./a.txt").size == 3_000


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put the program on the path, as an installation does."""
    program = tmp_path / "bin" / "neurocomp"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m neurocomp "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(Path(neurocomp.__file__).parent.parent))
    return program


def is_gnu_tar() -> bool:
    found = shutil.which("tar")
    if found is None:
        return False
    said = subprocess.run([found, "--version"], capture_output=True, check=False).stdout
    return b"GNU tar" in said


@pytest.mark.usefixtures("program")
@pytest.mark.skipif(not is_gnu_tar(), reason="there is no GNU tar")
def test_gnu_tar_both_ways(tmp_path: Path, folder: Path) -> None:
    archive, out = tmp_path / "a.tar.ncmp", tmp_path / "out"
    out.mkdir()
    words = ["tar", "-I", "neurocomp -1 -T1", "-cf", str(archive), "-C", str(folder), "."]
    subprocess.run(words, check=True)
    run = ["tar", "-I", "neurocomp"]
    assert archive.read_bytes().startswith(b"\x9e\x43")
    listed = subprocess.run([*run, "-tf", archive], check=True, capture_output=True).stdout
    assert b"./below/b.bin" in listed.split()
    # The words that the archive was made with serve to unpack it, too.
    subprocess.run(["tar", "-I", "neurocomp -1 -T1", "-xf", archive, "-C", out], check=True)
    assert contents(out) == FILES
    with neurocomp.open(archive) as content, tarfile.open(fileobj=content) as opened:
        assert "./a.txt" in opened.getnames()
