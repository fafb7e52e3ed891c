"""The site is built without a warning, and a reader's browser fetches nothing from elsewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import neurocomp
from neurocomp import bulk

ROOT = Path(__file__).parents[2]
FETCHED = re.compile(
    r'<(?:script|img|iframe|source|video|audio)\b[^>]*\bsrc="(https?:)?//|'
    r'<link\b(?=[^>]*\brel="(?:stylesheet|preload|preconnect|icon)")[^>]*\bhref="(https?:)?//|'
    r"@import\s+url\(['\"]?https?:|url\(['\"]?https?:"
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("mkdocs")
    pytest.importorskip("mkdocstrings")
    site = tmp_path_factory.mktemp("site")
    result = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(site)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    return site


def test_every_page_is_there(site: Path) -> None:
    pages = {path.relative_to(ROOT / "docs").with_suffix(".html") for path in find_pages()}
    assert pages <= {path.relative_to(site) for path in site.rglob("*.html")}


def test_the_reference_has_every_public_name(site: Path) -> None:
    page = (site / "reference.html").read_text(encoding="utf-8")
    errors = [name for name in neurocomp.__all__ if hasattr(neurocomp.errors, name)]
    for name in neurocomp.__all__:
        shown = f"errors.{name}" if name in errors else name
        assert f'id="neurocomp.{shown}"' in page, name
    for name in bulk.__all__:
        assert f'id="neurocomp.bulk.{name}"' in page, name


def find_pages() -> list[Path]:
    return sorted((ROOT / "docs").rglob("*.md"))


def test_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    for path in [*site.rglob("*.html"), *site.rglob("*.css")]:
        found = FETCHED.search(path.read_text(encoding="utf-8"))
        assert found is None, f"{path.name}: {found.group()}"
