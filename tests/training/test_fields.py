"""The table of the fields of recipes says what the configurations say."""

from __future__ import annotations

import dataclasses
import typing

import pytest

from neurocomp.cli.recipe_fields import DOCS_PATH, TABLES, replaced
from neurocomp.training.fields import fields_of
from tests.training.test_config import KINDS


def test_the_docs_are_in_step() -> None:
    document = DOCS_PATH.read_text(encoding="utf-8")
    assert document == replaced(document), "run python -m neurocomp.cli.recipe_fields"


@pytest.mark.parametrize("title", TABLES)
def test_every_field_has_a_meaning(title: str) -> None:
    for field in fields_of(TABLES[title]):
        assert field.meaning.endswith("."), field.name


def test_no_table_of_a_recipe_is_left_out() -> None:
    for kind in KINDS.values():
        hints = typing.get_type_hints(kind)
        for field in dataclasses.fields(kind):
            assert hints[field.name] in TABLES.values()
