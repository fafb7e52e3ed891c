"""Imports point one way: the order of rooms of docs/architecture.md, enforced."""

from __future__ import annotations

import ast
import re
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import neurocomp

PACKAGE = Path(neurocomp.__file__).parent
ARCHITECTURE = PACKAGE.parent / "docs" / "architecture.md"

ORDER = (
    *("errors", "names", "extras", "temporaries", "threads", "_core"),
    *("frame", "exact", "coding", "symbols", "transforms", "store", "training"),
    *("codec", "models", "registry", "pipeline", "library", "__init__"),
    *("integrations", "bulk", "explain", "bench", "cli", "__main__"),
)
"""A room imports rooms that stand before it, and no others."""

FAMILIES = {
    "common": set(),
    "mix": set(),
    "adaptive": set(),
    "ngram": set(),
    "transformer": set(),
    "bytenet": {"mix"},  # its opinion is mixed with contexts
    "tokennets": {"bytenet", "transformer"},  # the same recurrence, the same samples
    "dalle": {"transformer", "ngram"},  # a prior is a transformer; n-grams are what it must beat
    "language": {"bytenet", "mix", "transformer"},  # a transformer, mixed with contexts
    "hub": {"bytenet", "tokennets", "transformer"},  # checkpoints of all of them
    "text": {"bytenet", "hub", "tokennets", "transformer"},  # one training of all of them
}
"""The families in `models`, and which others each may import besides what all share."""

HEAVY = {*("torch", "tokenizers", "transformers", "constriction", "rich", "matplotlib", "PIL")}

MODULES = sorted(PACKAGE.rglob("*.py"))


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")


NAMES = {name_of(path) for path in MODULES} | {"_core"}


def imported_modules(tree: ast.AST) -> set[str]:
    """Return the full names that ``tree`` imports, those in functions as well."""
    names: set[str] = set()
    for one in ast.walk(tree):
        if isinstance(one, ast.Import):
            names.update(alias.name for alias in one.names)
        elif isinstance(one, ast.ImportFrom):
            assert one.level == 0, "imports are absolute"
            names.add(one.module or "")
            names.update(f"{one.module}.{alias.name}" for alias in one.names)
    return names


def own_modules(tree: ast.AST) -> set[str]:
    """Return the modules of the package that ``tree`` imports, by their names in it."""
    own = {name.removeprefix("neurocomp.") for name in imported_modules(tree)}
    return {name for name in own if name in NAMES or name.startswith("_core")} - {"_core"} | (
        {"_core"} if any(name.split(".")[0] == "_core" for name in own) else set()
    )


def room_of(name: str) -> str:
    return name.split(".")[0]


def family_of(name: str) -> str | None:
    parts = name.split(".")
    return parts[1] if parts[0] == "models" and len(parts) > 1 else None


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_point_one_way(path: Path) -> None:
    own = name_of(path)
    assert room_of(own) in ORDER, f"{room_of(own)} is not in the order of rooms"
    allowed = ORDER[: ORDER.index(room_of(own)) + 1]
    imported = {room_of(name) for name in own_modules(ast.parse(path.read_text()))}
    assert imported <= set(allowed), f"{own} imports rooms that come after its own"


@pytest.mark.parametrize("path", sorted(PACKAGE.glob("models/*/**/*.py")), ids=name_of)
def test_families_know_nothing_of_each_other(path: Path) -> None:
    own = family_of(name_of(path))
    assert own in FAMILIES, f"{own} is not in the table of families"
    imported = {family_of(name) for name in own_modules(ast.parse(path.read_text()))} - {None}
    assert imported <= FAMILIES[own] | {own, "common"}


def test_every_family_has_a_page() -> None:
    for name in set(FAMILIES) - {"common"}:
        room = PACKAGE / "models" / name
        text = (room / "README.md").read_text(encoding="utf-8")
        assert text.startswith(f"# {name}: ")
        modules = {path.name for path in room.glob("*.py")} - {"__init__.py"}
        assert modules <= set(re.findall(r"`([a-z0-9_]+\.py)`", text)), name
        places = re.findall(r"`((?:core|docs|tests)/[\w./]+)`", text)
        assert places
        for place in places:
            assert (PACKAGE.parent / place).exists(), f"{name} names {place}"


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph: dict[str, set[str]] = {}
    for path in MODULES:
        tree = ast.parse(path.read_text())
        at_import = ast.Module([node for node in tree.body if not _is_for_types(node)], [])
        for node in ast.walk(at_import):  # what is in functions comes later
            if isinstance(node, ast.FunctionDef):
                node.body = []
        own = name_of(path)
        inner = {name for name in own_modules(at_import) if not own.startswith(f"{name}.")}
        graph[own] = inner - {own}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"a circle of imports: {' -> '.join(error.args[1])}")


def _is_for_types(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def test_the_check_sees_imports() -> None:
    tree = ast.parse("def f():\n    from neurocomp.pipeline import streams\n    import torch\n")
    assert own_modules(tree) == {"pipeline", "pipeline.streams"}
    assert "torch" in imported_modules(tree)


def test_the_document_has_the_rooms_in_this_order() -> None:
    text = ARCHITECTURE.read_text(encoding="utf-8")
    rooms = re.findall(r"^      ([a-z_]+)(?:/|\.py|) ", text, re.MULTILINE)
    expected = [one for one in ORDER if not one.startswith("__")]
    assert rooms == expected


def compared_families(tree: ast.AST) -> list[str]:
    """Return comparisons with a family's id or name, where a member of `Family` should tell."""
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Compare | ast.MatchValue)]
    return [
        text for text in map(ast.unparse, found) if re.search(r"FAMILY_(?!NAMES)|\bHUB\b", text)
    ]


def test_no_room_after_the_families_asks_which_one_it_has() -> None:
    later = ORDER[ORDER.index("models") + 1 :]
    paths = [path for path in MODULES if room_of(name_of(path)) in later]
    asked = {name_of(path): compared_families(ast.parse(path.read_text())) for path in paths}
    assert {name: texts for name, texts in asked.items() if texts} == {}


@pytest.mark.parametrize("test", ["one.id == constants.FAMILY_MIX", "family is not HUB"])
def test_a_comparison_with_a_family_is_seen(test: str) -> None:
    assert compared_families(ast.parse(f"if {test}:\n    pass\n")) == [test]


@pytest.mark.parametrize("path", sorted(PACKAGE.glob("cli/**/*.py")), ids=name_of)
def test_commands_import_heavy_libraries_only_where_used(path: Path) -> None:
    top_level = [node for node in ast.parse(path.read_text()).body if not isinstance(node, ast.If)]
    imports = [node for node in top_level if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {name.split(".")[0] for node in imports for name in imported_modules(node)}
    assert not names & HEAVY


@pytest.mark.parametrize("path", sorted(PACKAGE.glob("frame/*.py")), ids=name_of)
def test_the_frame_knows_no_arithmetic(path: Path) -> None:
    names = {name.split(".")[0] for name in imported_modules(ast.parse(path.read_text()))}
    assert not names & (HEAVY | {"numpy"})
