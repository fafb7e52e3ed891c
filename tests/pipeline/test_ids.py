"""The names that `info` prints are those of what the ids stand for."""

from __future__ import annotations

from neurocomp import symbols
from neurocomp.coding import CODERS
from neurocomp.pipeline import ids


def test_ids_are_named_as_what_they_stand_for() -> None:
    assert ids.SYMBOL_NAMES == symbols.SYMBOL_NAMES
    assert set(ids.CODER_IDS) == set(CODERS)
