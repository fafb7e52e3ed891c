"""docs/extending.md is true: each of its examples is applied to a copy of the package, and used."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import neurocomp

PACKAGE = Path(neurocomp.__file__).parent
PAGE = PACKAGE.parent / "docs" / "extending.md"
BLOCK = re.compile(r'^```(python|diff|console)(?: title="([^"]+)")?\n(.*?)^```$', re.M | re.S)

pytestmark = pytest.mark.skipif(not PAGE.is_file(), reason="there is no checkout beside")


def sections() -> dict[str, str]:
    _, *parts = re.split(r"^## (.+)\n", PAGE.read_text(), flags=re.M)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def patched(text: str, diff: str) -> str:
    """Return ``text`` after a diff whose lines stand in it once; the last may be cut short."""
    lines = diff.splitlines()
    old = "\n".join(line[1:] for line in lines if not line.startswith("+"))
    new = "\n".join(line[1:] for line in lines if not line.startswith("-"))
    assert text.count(f"\n{old}") == 1, f"not there once: {old}"
    return text.replace(f"\n{old}", f"\n{new}")


def apply(section: str, root: Path) -> list[str]:
    """Write the section's files into a copy of the package; return its commands."""
    commands: list[str] = []
    for language, title, body in BLOCK.findall(section):
        path = root / title
        if language == "console":
            commands += [line.removeprefix("$ ") for line in body.splitlines()]
        elif language == "python":
            path.parent.mkdir(exist_ok=True)
            path.write_text(body)
        else:
            path.write_text(patched(path.read_text(), body))
    return commands


@pytest.mark.parametrize("name", sorted(sections()))
def test_an_example_works_as_it_stands(name: str, tmp_path: Path) -> None:
    root = tmp_path / "copy"
    weights = shutil.ignore_patterns("__pycache__", "*.npz", "priors")
    shutil.copytree(PACKAGE, root / "neurocomp", ignore=weights)
    commands = apply(sections()[name], root)
    assert commands
    sound = 8000 * np.sin(np.arange(20_000) / 30)
    (tmp_path / "sound.raw").write_bytes(sound.astype("<i2").tobytes())
    (tmp_path / "note.txt").write_text("a note of no great length, " * 40)
    environment = {
        **os.environ,
        "PYTHONPATH": str(root),
        "NEUROCOMP_HOME": str(tmp_path / "home"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    for command in commands:
        _, *arguments = shlex.split(command)
        subprocess.run(
            [sys.executable, "-m", "neurocomp", *arguments],
            cwd=tmp_path,
            env=environment,
            check=True,
        )
    for packed in tmp_path.glob("*.ncmp"):
        back = tmp_path / "back"
        subprocess.run(
            [sys.executable, "-m", "neurocomp", "-d", "-f", "-o", str(back), str(packed)],
            cwd=tmp_path,
            env=environment,
            check=True,
        )
        original = tmp_path / packed.name.split(".")[0]
        suffix = ".raw" if original.name == "sound" else ".txt"
        assert back.read_bytes() == original.with_suffix(suffix).read_bytes()
