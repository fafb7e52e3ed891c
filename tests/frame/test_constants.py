"""The numbers of the format are in one place, and the core has the same."""

from __future__ import annotations

import ast
import re
import runpy
from collections.abc import Iterator
from pathlib import Path

import pytest

import neurocomp
from neurocomp.frame import constants

PACKAGE = Path(neurocomp.__file__).parent
CONSTANTS = Path(constants.__file__)
CORE = Path(__file__).parents[2] / "core"


def test_the_core_s_header_is_made_of_them() -> None:
    """`make constants` writes it."""
    script = runpy.run_path(str(CORE / "make_constants.py"))
    assert script["TARGET"].read_text() == script["header"](CONSTANTS)


def test_they_import_nothing() -> None:
    nodes = ast.walk(ast.parse(CONSTANTS.read_text()))
    imports = [one for one in nodes if isinstance(one, ast.Import | ast.ImportFrom)]
    assert [ast.unparse(one) for one in imports] == ["from __future__ import annotations"]


def names_and_numbers(prefix: str) -> dict[str, int]:
    return {
        name: value
        for name, value in vars(constants).items()
        if name.startswith(prefix) and isinstance(value, int)
    }


@pytest.mark.parametrize("prefix", ["FAMILY_", "PROPERTY_", "SYMBOLS_", "CODER_", "METHOD_"])
def test_ids_are_used_once(prefix: str) -> None:
    numbers = names_and_numbers(prefix)
    numbers.pop("HEAD_FAMILY_SHIFT", None)
    assert len(set(numbers.values())) == len(numbers) > 2


NEVER_RELEASED = {(constants.FAMILY_LANGUAGE, 1), (constants.FAMILY_LANGUAGE, 2)}


def test_every_family_has_a_name_and_readers_of_all_its_revisions() -> None:
    assert set(constants.FAMILY_NAMES) == set(constants.REVISIONS)
    readers = {(family, n + 1) for family, last in constants.REVISIONS.items() for n in range(last)}
    assert set(constants.REVISION_READERS) == readers - NEVER_RELEASED
    assert max(constants.FAMILY_NAMES) <= constants.MAX_FAMILY
    assert all(1 <= revision < 256 for revision in constants.REVISIONS.values())


PREFIXES = ("FAMILY_", "CODER_", "METHOD_", "TRANSFORM_", "PROPERTY_", "TAG_", "VARIANT_")
NAMES = {name for name in vars(constants) if name.isupper()}
CALLS = {"Family", "ModelEntry", "TransformUse"}
"""What is made with ids as arguments."""


def literal_numbers(tree: ast.AST) -> Iterator[str]:
    """Yield what says a number of the format by itself."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            first = node.args[0] if node.args else None
            if name in CALLS and isinstance(first, ast.Constant):
                yield ast.unparse(node)[:60]
        targets: list[ast.expr] = []
        if isinstance(node, ast.Assign):
            targets, value = node.targets, node.value
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            targets, value = [node.target], node.value
        for target in targets:
            name = target.id if isinstance(target, ast.Name) else getattr(target, "attr", "")
            is_ours = name.lstrip("_").startswith(PREFIXES) or name.lstrip("_") in NAMES
            is_ours = is_ours or name.endswith("_ID") or (name == "id" and is_number(value))
            if is_ours and is_number(value):
                yield ast.unparse(node)
        if isinstance(node, ast.Compare) and is_id(node.left):
            for one in node.comparators:
                if isinstance(one, ast.Constant) and type(one.value) is int and one.value > 0:
                    yield ast.unparse(node)


def is_id(node: ast.expr) -> bool:
    name = node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")
    return name in {"symbols_id", "coder_id", "family_id", "method", "model_id"}


def is_number(node: ast.expr) -> bool:
    """Tell whether an expression is made of numbers alone."""
    parts = list(ast.walk(node))
    allowed = (ast.Constant, ast.BinOp, ast.UnaryOp, ast.operator, ast.unaryop)
    return all(isinstance(part, allowed) for part in parts) and any(
        isinstance(part, ast.Constant) and type(part.value) is int for part in parts
    )


@pytest.mark.parametrize(
    "path", sorted({*PACKAGE.rglob("*.py")} - {CONSTANTS}), ids=lambda path: path.name
)
def test_no_other_module_says_them(path: Path) -> None:
    assert list(literal_numbers(ast.parse(path.read_text()))) == []


@pytest.mark.parametrize(
    "source",
    [
        "MAX_LANES = 64",
        "_CODER_X: int = 1 << 2",
        "MIX_ID = 1",
        "class A:\n    id = 8",
        "a = Family(6, 'bytenet')",
        "if header.coder_id == 2: pass",
    ],
)
def test_the_check_sees_numbers(source: str) -> None:
    assert list(literal_numbers(ast.parse(source)))


SOURCES = [
    path
    for folder in ("src", "decoder", "python", "fuzz")
    for path in sorted((CORE / folder).rglob("*"))
    if path.suffix in {".cpp", ".hpp"} and path.name != "constants.hpp"
]


def literal_numbers_of_core(source: str) -> list[str]:
    """Return the names of the format's numbers that C++ sources give numbers of their own."""
    found = re.findall(r"\bconstexpr\b[^;={(]*?\b(\w+)\s*(?:\[\])?\s*=\s*([^;]*);", source)
    return [
        name
        for name, value in found
        if (name.upper() in NAMES or name.upper().startswith(PREFIXES)) and re.search(r"\d", value)
    ]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_no_source_of_the_core_says_them(path: Path) -> None:
    assert literal_numbers_of_core(path.read_text()) == []


@pytest.mark.parametrize(
    "source",
    [
        "inline constexpr size_t max_record_lanes = 64;",
        "constexpr uint64_t max_tensors = uint64_t{1} << 14;",
        "static constexpr uint8_t token_magic[] = {0x9E, 0x4E, 0x54};",
        "constexpr uint8_t coder_huffman = 2;",
    ],
)
def test_the_check_sees_numbers_of_the_core(source: str) -> None:
    assert literal_numbers_of_core(source)
