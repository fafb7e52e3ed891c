"""A source archive holds the sources, all of them, and nothing else that lies in the folder."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
from pathlib import Path, PurePosixPath

import pytest

from tests.packaging.building import COMPILED, ROOT, build_sdist

FOLDERS = {"benchmarks", "core", "corpora", "docs", "neurocomp", "research", "share", "tests"}
FOR_THE_REPOSITORY_ONLY = {".ci", ".github"}
LARGEST_BYTES = 100 * 10**6
"""What the package index takes."""


LITTER = (
    *("NOTES.md", "litter", ".venv/lib/litter.py", "build/core/litter.cpp", "out/litter.csv"),
    *("neurocomp/_core.litter.so", "neurocomp/_core.litter.pyd", "core/__pycache__/litter.pyc"),
)
"""What may lie in a checkout and belongs to nobody but its owner."""


@pytest.fixture(scope="module")
def tracked() -> set[PurePosixPath]:
    """What the repository has, but for what only serves the repository itself."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("needs a git checkout")
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout
    paths = {PurePosixPath(name) for name in listed.decode().split("\0") if name}
    return {
        path
        for path in paths
        if path.parts[0] not in FOR_THE_REPOSITORY_ONLY and Path(ROOT, path).is_file()
    }


@pytest.fixture(scope="module")
def names(
    tracked: set[PurePosixPath], tmp_path_factory: pytest.TempPathFactory
) -> set[PurePosixPath]:
    """The files of an archive that is made in a littered copy of this checkout."""
    pytest.importorskip("scikit_build_core")
    copy = tmp_path_factory.mktemp("checkout")
    for path in tracked:
        (copy / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / path, copy / path)
    for name in LITTER:
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).touch()
    sdist = build_sdist(tmp_path_factory.mktemp("sdist"), copy)
    num_bytes = sdist.stat().st_size
    print(f"\n{sdist.name}: {num_bytes / 1e6:.1f} MB")
    assert num_bytes < LARGEST_BYTES
    with tarfile.open(sdist) as archive:
        members = archive.getmembers()
    assert all(member.isreg() for member in members)
    root = sdist.name.removesuffix(".tar.gz")
    return {PurePosixPath(member.name).relative_to(root) for member in members}


def test_only_files_of_the_repository(
    names: set[PurePosixPath], tracked: set[PurePosixPath]
) -> None:
    assert names - tracked == {PurePosixPath("PKG-INFO")}


def test_all_files_of_its_folders(names: set[PurePosixPath], tracked: set[PurePosixPath]) -> None:
    assert {path for path in tracked if path.parts[0] in FOLDERS} <= names
    assert {path.parts[0] for path in names if len(path.parts) > 1} == FOLDERS


def test_what_a_build_needs_and_nothing_compiled(names: set[PurePosixPath]) -> None:
    needed = ("pyproject.toml", "README.md", "LICENSE", "core/CMakeLists.txt")
    assert {PurePosixPath(name) for name in (*needed, "core/build_backend.py")} <= names
    suffixes = {path.suffix for path in names if path.parts[0] == "core"}
    assert {".cpp", ".hpp"} <= suffixes
    assert not COMPILED & {path.suffix for path in names}
