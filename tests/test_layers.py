"""Imports point down only: the layers of docs/architecture.md, enforced."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import neurocomp

PACKAGE = Path(neurocomp.__file__).parent

MAY_IMPORT: dict[str, set[str]] = {
    "_core": set(),
    "errors": set(),
    "extras": {"errors"},
    "temporaries": set(),
    "threads": set(),
    "names": set(),
    "exact": {"errors", "_core"},
    "coding": {"errors", "_core", "exact"},
    "models": {"errors", "_core", "temporaries", "threads", "exact", "symbols", "coding"},
    "networks": {"errors", "exact"},
    "symbols": {"errors", "_core", "exact"},
    "dalle": {"errors", "_core", "exact", "models", "symbols"},
    "frame": {"errors"},
    "transforms": {"errors"},
    "codec": {"errors", "_core", "threads", "exact", "coding", "models"},
    "training": {
        *("errors", "_core", "exact", "coding", "models", "networks", "symbols", "codec", "dalle"),
        "transforms",
    },
    "pipeline": {
        *("errors", "temporaries", "threads", "exact", "coding", "models", "symbols", "codec"),
        *("frame", "transforms"),
    },
    "library": {"errors", "threads", "models", "codec", "frame", "pipeline"},
    "experiments": {
        *("errors", "exact", "coding", "models", "symbols", "codec", "frame"),
        *("training", "pipeline"),
    },
    "cli": {
        *(
            "errors",
            "_core",
            "exact",
            "coding",
            "models",
            "symbols",
            "frame",
            "training",
            "pipeline",
        ),
        *("codec", "dalle", "experiments", "temporaries"),
    },
    "__init__": {"errors", "library"},
    "__main__": {"cli"},
}
FOR_ALL = {"extras", "names"}
"""What every layer may import, besides the numbers of the format."""
NUMBERS = "neurocomp.frame.constants"
HEAVY = {*("torch", "tokenizers", "transformers", "constriction", "rich", "matplotlib", "PIL")}


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_modules(node: ast.AST) -> set[str]:
    names: set[str] = set()
    for one in ast.walk(node):
        if isinstance(one, ast.Import):
            names.update(alias.name for alias in one.names)
        elif isinstance(one, ast.ImportFrom):
            assert one.level == 0, "imports are absolute"
            found = {f"{one.module}.{alias.name}" for alias in one.names}
            names.update(found, set() if found == {NUMBERS} else {one.module or ""})
    return names


def rooms_imported_by(path: Path) -> set[str]:
    modules = imported_modules(ast.parse(path.read_text()))
    modules -= {name for name in modules if name.startswith(NUMBERS)}
    rooms = {name.split(".")[1] for name in modules if name.startswith("neurocomp.")}
    return {room for room in rooms if room in MAY_IMPORT} - FOR_ALL


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: str(p.name))
def test_imports_point_down(path: Path) -> None:
    room = room_of(path)
    assert room in MAY_IMPORT, f"{room} is not in the table of layers"
    assert rooms_imported_by(path) <= MAY_IMPORT[room] | {room}


def test_the_check_sees_imports(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text("def f():\n    from neurocomp.pipeline import streams\n    import torch\n")
    assert rooms_imported_by(module) == {"pipeline"}
    assert "torch" in imported_modules(ast.parse(module.read_text()))


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("cli/**/*.py")), ids=lambda p: str(p.name))
def test_commands_import_heavy_libraries_only_where_used(path: Path) -> None:
    top_level = [node for node in ast.parse(path.read_text()).body if not isinstance(node, ast.If)]
    imports = [node for node in top_level if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {name.split(".")[0] for node in imports for name in imported_modules(node)}
    assert not names & HEAVY


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("frame/*.py")), ids=lambda p: str(p.name))
def test_the_frame_knows_no_arithmetic(path: Path) -> None:
    names = {name.split(".")[0] for name in imported_modules(ast.parse(path.read_text()))}
    assert not names & (HEAVY | {"numpy"})
