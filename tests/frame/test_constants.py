"""The numbers of the format are in one place, and the core has the same."""

from __future__ import annotations

import ast
import runpy
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


def test_every_family_has_a_name_and_readers_of_all_its_revisions() -> None:
    assert set(constants.FAMILY_NAMES) == set(constants.REVISIONS)
    readers = {(family, n + 1) for family, last in constants.REVISIONS.items() for n in range(last)}
    assert set(constants.REVISION_READERS) == readers
    assert max(constants.FAMILY_NAMES) <= constants.MAX_FAMILY
    assert all(1 <= revision < 256 for revision in constants.REVISIONS.values())
