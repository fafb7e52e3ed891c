"""What file(1) and desktops are told of the format."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

import neurocomp
from neurocomp.frame import constants
from tests.golden import cases

SHARE = Path(__file__).parents[2] / "share"
MAGIC = SHARE / "file" / "magic" / "neurocomp"
MIME = SHARE / "mime" / "packages" / "neurocomp.xml"
NAMESPACE = "{http://www.freedesktop.org/standards/shared-mime-info}"


def told_by_file(path: Path, *options: str) -> str:
    words = ["file", "--brief", "--magic-file", str(MAGIC), *options, str(path)]
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()


@pytest.mark.skipif(shutil.which("file") is None, reason="file is not installed")
def test_file_knows_frames(tmp_path: Path) -> None:
    kinds: set[str] = set()
    for path in sorted(cases.VALID.glob("*.ncmp")):
        told = told_by_file(path)
        assert told.startswith("neurocomp compressed data, format version 1"), path
        kinds.add(told.removeprefix("neurocomp compressed data, format version 1"))
    assert kinds == {"", ", several models"}
    path = tmp_path / "a"
    path.write_bytes(neurocomp.compress(b"", preset="fast"))
    assert told_by_file(path, "--mime-type") == "application/x-neurocomp"
    assert told_by_file(path, "--extension") == "ncmp"
    for other in (
        b"\x9e\x43\x20\x00\x00",
        b"\x9e\x43\x12\x00\x00",
        b"\x43\x9e\x10\x00\x00",
        b"text",
    ):
        path.write_bytes(other)
        assert "neurocomp" not in told_by_file(path)


def test_the_numbers_are_those_of_the_format() -> None:
    value = int.from_bytes(constants.MAGIC, "big") << 16 | constants.VERSION << 12
    assert f"0x{value:08x}" in MAGIC.read_text()
    [match] = ElementTree.parse(MIME).iter(f"{NAMESPACE}match")
    assert match.get("value") == f"0x{value:08x}"
    assert match.get("mask") == "0xfffffe00"  # the version, and all bits but that of a table
    globs = {one.get("pattern") for one in ElementTree.parse(MIME).iter(f"{NAMESPACE}glob")}
    assert globs == {"*.ncmp", "*.tar.ncmp"}


@pytest.mark.skipif(
    shutil.which("update-mime-database") is None, reason="shared-mime-info is not installed"
)
def test_the_mime_database_takes_it(tmp_path: Path) -> None:
    packages = tmp_path / "mime" / "packages"
    packages.mkdir(parents=True)
    shutil.copy(MIME, packages)
    made = subprocess.run(
        ["update-mime-database", packages.parent], check=True, capture_output=True, text=True
    )
    assert "neurocomp" not in made.stderr  # where it would name what it does not understand
    globs = (packages.parent / "globs2").read_text().splitlines()
    assert "50:application/x-neurocomp:*.ncmp" in globs
    assert "60:application/x-neurocomp-compressed-tar:*.tar.ncmp" in globs
    assert b"application/x-neurocomp" in (packages.parent / "magic").read_bytes()
