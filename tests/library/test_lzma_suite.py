"""CPython's own tests of lzma's file objects pass, but for what docs/library.md lists."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.library.lzma_suite import NO_COUNTERPART

PAGE = Path(__file__).parents[2] / "docs" / "library.md"

DIFFERENCES = {
    "test_read_trailing_junk": "bytes after a frame that are not a frame are an error",
    "test_read_multistream_trailing_junk": "bytes after a frame that are not a frame are an error",
    "test_read_truncated": "of a block whose end is missing nothing is returned",
}
"""Tests that fail, each with the reason why it is right that they do."""


def has_suite() -> bool:
    try:
        return importlib.util.find_spec("test.test_lzma") is not None
    except ModuleNotFoundError:
        return False


@pytest.mark.skipif(not has_suite(), reason="this Python comes without its tests")
def test_file_objects_as_lzma_has_them(tmp_path: Path) -> None:
    program = [sys.executable, "-m", "tests.library.lzma_suite"]
    run = subprocess.run(program, capture_output=True, text=True, check=True, timeout=900)
    outcomes = json.loads(run.stdout.splitlines()[-1])
    assert len(outcomes) > 60
    failed = {name: text for name, text in outcomes.items() if text}
    assert set(failed) == set(DIFFERENCES), failed


def test_the_differences_are_documented() -> None:
    page = PAGE.read_text()
    for name, reason in {**DIFFERENCES, **NO_COUNTERPART}.items():
        assert f"`{name}`" in page
        assert reason in page
