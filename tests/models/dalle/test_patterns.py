"""Attention patterns are those of the paper's figure, and exact on both engines."""

from __future__ import annotations

import numpy as np
import pytest

from neurocomp.errors import FormatError
from neurocomp.exact.attention import Sight
from neurocomp.models.dalle.conformance import run_conformance
from neurocomp.models.dalle.shape import PATTERNS, paper_order, parse_patterns, pattern_mask


def seen(name: str, place: int) -> list[int]:
    """Return which of 4 x 4 codes one sees, after a caption of 6."""
    mask = pattern_mask(name, 6, 4, 4, 3)
    assert mask[7 + place, :7].all()
    return np.flatnonzero(mask[7 + place, 7:]).tolist()


def test_what_the_tenth_code_sees() -> None:
    assert seen("full", 9) == list(range(10))
    assert seen("row", 9) == [5, 6, 7, 8, 9]
    assert seen("column", 9) == [1, 5, 9]
    assert seen("convolution", 9) == [4, 5, 6, 8, 9]


@pytest.mark.parametrize("name", PATTERNS)
def test_text_is_causal(name: str) -> None:
    mask = pattern_mask(name, 6, 4, 4, 3)
    np.testing.assert_array_equal(mask[:7], np.tril(np.ones((7, 23), bool)))
    np.testing.assert_array_equal(Sight.from_mask(mask).mask, mask)


def test_the_paper_s_order() -> None:
    order = paper_order(64)
    assert order[:5] == ("row", "column", "row", "row", "row")
    assert order[5] == "column"
    assert order[63] == "convolution"
    assert [i for i, name in enumerate(order, 1) if name == "column"] == list(range(2, 64, 4))
    assert parse_patterns("full, row", 3) == ("full", "row", "full")
    with pytest.raises(FormatError):
        parse_patterns("full,diagonal", 2)


def test_sights_must_be_causal() -> None:
    for wrong in (np.ones((3, 3), bool), np.zeros((3, 3), bool)):
        with pytest.raises(FormatError):
            Sight.from_mask(wrong)


def test_the_compiled_route_conforms() -> None:
    checks = list(run_conformance(("compiled",), "cpu"))
    assert len(checks) == 5
    assert [check.name for check in checks if not check.is_expected] == []


@pytest.mark.parametrize("route", ["int8", "float32", "float64"])
@pytest.mark.slow
def test_other_routes_conform(route: str) -> None:
    assert all(check.is_expected for check in run_conformance((route,), "cpu"))
