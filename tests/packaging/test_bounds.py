"""What `make oldest` installs is what pyproject.toml calls the oldest allowed."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator

from tests.packaging.building import ROOT

NEWEST_ONLY = {"torch"}
"""Not tested in its oldest version: constraints-oldest.txt says so."""
TOOLS = {"clang-format", "mkdocs-material", "mkdocstrings", "mypy", "ruff", "sacremoses"}
"""Their version changes what developers see, not what the package does."""


def lower_bounds() -> Iterator[tuple[str, str]]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    listed = [*project["build-system"]["requires"], *project["project"]["dependencies"]]
    for extra in project["project"]["optional-dependencies"].values():
        listed += extra
    for one in listed:
        if not one.startswith("neurocomp["):
            name, bound = one.split(">=")
            yield name.lower().split("[")[0], bound


def pinned(name: str) -> dict[str, str]:
    lines = (ROOT / name).read_text().splitlines()
    pairs = (line.split("==") for line in lines if line and not line.startswith("#"))
    return {package.lower(): version for package, version in pairs}


def is_first_of(version: str, bound: str) -> bool:
    """Tell whether 8.1.0 is the first of 8.1, as post-releases and first patches are too."""
    return re.fullmatch(re.escape(bound) + r"(\.\d+)*(\.post\d+)?", version) is not None


def test_every_lower_bound_is_what_is_tested() -> None:
    oldest = pinned("constraints-oldest.txt")
    bounds = {name: bound for name, bound in lower_bounds() if name not in TOOLS}
    assert set(oldest) == set(bounds)
    wrong = {
        name: (bound, oldest[name])
        for name, bound in bounds.items()
        if name not in NEWEST_ONLY and not is_first_of(oldest[name], bound)
    }
    assert not wrong


def test_one_package_has_one_bound() -> None:
    bounds: dict[str, set[str]] = {}
    for name, bound in lower_bounds():
        bounds.setdefault(name, set()).add(bound)
    assert {name for name, given in bounds.items() if len(given) > 1} == set()


def test_what_is_installed_by_make_is_pinned() -> None:
    newest = pinned("constraints.txt")
    assert {name for name, _ in lower_bounds()} <= set(newest)
    assert newest["torch"] == pinned("constraints-oldest.txt")["torch"]
