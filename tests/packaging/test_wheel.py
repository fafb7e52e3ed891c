"""A wheel built from the source archive has the package whole, and works where it is installed."""

from __future__ import annotations

import zipfile
from pathlib import Path, PurePosixPath

import pytest

from tests.packaging.building import (
    COMPILED,
    ROOT,
    TOOLS,
    Installation,
    build_sdist,
    build_wheel,
    try_it,
)

pytestmark = pytest.mark.slow

LARGEST_BYTES = 60 * 10**6


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    for tool in TOOLS:
        pytest.importorskip(tool)
    sdist = build_sdist(tmp_path_factory.mktemp("sdist"))
    return build_wheel(sdist, tmp_path_factory.mktemp("wheel"))


def package_in_the_sources() -> set[PurePosixPath]:
    """Return all files of the package, but for those that are made."""
    files = (ROOT / "neurocomp").rglob("*")
    return {
        PurePosixPath(path.relative_to(ROOT).as_posix())
        for path in files
        if path.is_file() and path.suffix not in COMPILED
    }


def test_what_is_in_it(wheel: Path) -> None:
    num_bytes = wheel.stat().st_size
    with zipfile.ZipFile(wheel) as archive:
        names = {PurePosixPath(name) for name in archive.namelist() if not name.endswith("/")}
        installed_bytes = sum(entry.file_size for entry in archive.infolist())
    print(f"\n{wheel.name}: {num_bytes / 1e6:.1f} MB, {installed_bytes / 1e6:.1f} MB installed")
    package = {name for name in names if name.parts[0] == "neurocomp"}
    modules = {name for name in package if name.suffix in COMPILED}
    assert package - modules == package_in_the_sources()
    assert [name.stem.partition(".")[0] for name in modules] == ["_core"]
    assert PurePosixPath("neurocomp/py.typed") in package
    suffixes = {name.suffix for name in names}
    assert {".safetensors", ".toml", ".pyi", ".html"} <= suffixes  # weights, recipes, types, pages
    assert any(name.name == "primer.txt" for name in package)
    assert not {".cpp", ".hpp", ".c", ".h"} & suffixes
    others = {name.parts[0].partition("-")[2].rpartition(".")[2] for name in names - package}
    assert others == {"dist-info", "data"}
    data = {name.relative_to(name.parts[0]) for name in names if name.parts[0].endswith(".data")}
    shared = {path.relative_to(ROOT) for path in (ROOT / "share").rglob("*") if path.is_file()}
    paths = {*map(Path.as_posix, shared), "share/man/man1/neurocomp.1"}
    assert data == {PurePosixPath("data", path) for path in paths}
    assert num_bytes < LARGEST_BYTES


def test_it_works_where_it_is_installed(wheel: Path, tmp_path: Path) -> None:
    installed = Installation(tmp_path / "environment", wheel)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    try_it(installed, elsewhere)
