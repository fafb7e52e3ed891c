"""No float stands between a model's integers and a payload: none in the core's sources."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

SOURCES = Path(__file__).parents[2] / "core" / "src"

DECLARED = {
    "images/grid_models.cpp": "code lengths for comparison, by which nothing is decoded",
    "images/grid_models.hpp": "code lengths for comparison, by which nothing is decoded",
}
"""Files that may have floats, and why."""

FLOATS = re.compile(
    r"\b(float|double|_Float\w+|__m\d+d?|float\d+x\d+_t)\b"  # types
    r"|\b(std::)?(sqrt|cbrt|exp2?|log2?|log10|pow|round|floor|ceil|tanh?|fma)\s*\("  # libm
    r"|\b\d+\.\d*([eE][-+]?\d+)?[fFlL]?\b|\b\d+[eE][-+]?\d+\b"  # literals
    r"|<cmath>|<math\.h>|_p[sd]\b"  # headers, and intrinsics of floats
    r"|-ffast-math"
)


def code_of(text: str) -> str:
    """Return C++ without comments and strings."""
    return re.sub(r'//[^\n]*|/\*.*?\*/|"(\\.|[^"\\])*"', " ", text, flags=re.DOTALL)


def sources() -> list[str]:
    return sorted(
        str(path.relative_to(SOURCES))
        for path in SOURCES.rglob("*")
        if path.suffix in {".hpp", ".cpp"} and str(path.relative_to(SOURCES)) not in DECLARED
    )


@pytest.mark.parametrize("name", sources())
def test_a_source_has_no_floats(name: str) -> None:
    found = FLOATS.search(code_of((SOURCES / name).read_text()))
    assert found is None, found


def test_rooms_of_the_core_are_looked_at() -> None:
    rooms = {name.split("/")[0] for name in sources()}
    assert {"adaptive", "coding", "exact", "images", "mix", "ngram", "network"} <= rooms


@pytest.mark.parametrize(
    "code",
    [
        "double x;",
        "auto y = static_cast<float>(n);",
        "auto z = n * 0.5;",
        "auto a = 1e3;",
        "auto b = std::sqrt(n);",
        "__m256d c;",
        "_mm256_add_ps(d, e);",
        "#include <cmath>",
    ],
)
def test_the_check_sees_floats(code: str) -> None:
    assert FLOATS.search(code_of(code))
    assert not FLOATS.search(code_of(f"// {code}"))


def test_the_check_passes_integers() -> None:
    assert not FLOATS.search(code_of('int64_t sum = 3 * round_of(x) >> 12; auto n = "0.5";'))
