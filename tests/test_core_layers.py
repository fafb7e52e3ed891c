"""Includes of the core point one way: the order of rooms of core/README.md, enforced."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

CORE = Path(__file__).parent.parent / "core"
SOURCES = CORE / "src"
ORDER = re.findall(r"^    [├└]── (\w+)/", (CORE / "README.md").read_text("utf-8"), re.MULTILINE)
"""A room includes itself and rooms that stand before it."""

FILES = sorted(path for path in SOURCES.rglob("*") if path.suffix in {".hpp", ".cpp"})


def room_of(path: Path) -> str:
    return path.relative_to(SOURCES).parts[0]


def included(path: Path) -> list[str]:
    """Return the core's own files that one includes."""
    return re.findall(r'^\s*#\s*include\s*"([^"]+)"', path.read_text("utf-8"), re.MULTILINE)


def test_every_room_is_in_the_list() -> None:
    assert len(set(ORDER)) == len(ORDER)
    assert set(ORDER) == {room_of(path) for path in FILES}


@pytest.mark.parametrize("room", ORDER)
def test_includes_point_up_the_list(room: str) -> None:
    allowed = ORDER[: ORDER.index(room) + 1]
    for path in FILES:
        if room_of(path) == room:
            for name in included(path):
                assert (SOURCES / name).is_file(), f"{path.name} includes {name}"
                assert name.split("/")[0] in allowed, f"{path.name} includes {name}"
