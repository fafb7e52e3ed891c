"""Runs CPython's own tests of lzma's file objects against neurocomp; prints their outcomes as JSON.

A module of the name ``lzma`` forwards to neurocomp, and what the tests hold of compressed bytes is
compressed by it.  It is a program of its own, because it takes the place of a standard module.
"""

from __future__ import annotations

import importlib
import json
import lzma
import sys
import types
import unittest
from typing import Any

import neurocomp

NO_COUNTERPART = {
    "test_init_bad_check": "checks",
    "test_init_bad_preset": "presets by number",
    "test_init_bad_filter_spec": "filters",
    "test_init_with_preset_and_filters": "filters",
    "test_format_and_filters": "formats and filters",
}
"""Tests of what neurocomp has no counterpart of."""

COSTS: Any = {"preset": "fast", "threads": 1}
BLOCK_BYTES = 4096
FEW_BYTES = 1 << 16
ISSUE_21872_BYTES = 13160


class LZMAFile(neurocomp.NeurocompFile):
    """Takes lzma's arguments; checks, filters and formats say nothing."""

    def __init__(self, filename: Any = None, mode: Any = "r", **_: Any) -> None:
        is_reader = isinstance(mode, str) and mode.startswith("r")
        costs = {} if is_reader else {**COSTS, "block_bytes": BLOCK_BYTES}
        super().__init__(filename, mode, **costs)


def compress(data: Any, *_: Any, **__: Any) -> bytes:
    block_bytes = BLOCK_BYTES if len(data) < FEW_BYTES else None
    return neurocomp.compress(data, **COSTS, block_bytes=block_bytes)


def decompress(data: Any, *_: Any, **__: Any) -> bytes:
    return neurocomp.decompress(data, threads=1)


def open_file(filename: Any, mode: Any = "rb", **options: Any) -> Any:
    text: Any = {name: options.get(name) for name in ("encoding", "errors", "newline")}
    is_reader = isinstance(mode, str) and mode.startswith("r")
    costs = {} if is_reader else {**COSTS, "block_bytes": BLOCK_BYTES}
    return neurocomp.open(filename, mode, **text, **costs)


def stand_in() -> types.ModuleType:
    """Return the module that the tests take for lzma: its constants, and neurocomp."""
    module = types.ModuleType("lzma")
    for name in dir(lzma):
        if name.isupper():
            setattr(module, name, getattr(lzma, name))
    module.__dict__.update(
        LZMAError=neurocomp.NeurocompError,
        LZMAFile=LZMAFile,
        LZMACompressor=neurocomp.Compressor,
        LZMADecompressor=lambda *_, **__: neurocomp.Decompressor(threads=1),
        compress=compress,
        decompress=decompress,
        open=open_file,
        is_check_supported=lzma.is_check_supported,
    )
    return module


def loaded_tests() -> Any:
    """Return the module of tests, with compressed constants of neurocomp's."""
    sys.modules["lzma"] = stand_in()
    tests: Any = importlib.import_module("test.test_lzma")
    frame = compress(tests.INPUT)
    for name in dir(tests):
        if name.startswith("COMPRESSED_") and name != "COMPRESSED_BOGUS":
            setattr(tests, name, frame)
    content = (tests.INPUT * 3)[:ISSUE_21872_BYTES]
    tests.ISSUE_21872_DAT = compress(content.ljust(ISSUE_21872_BYTES))
    return tests


def outcomes() -> dict[str, str]:
    """Run the tests; return what each raised, empty where it passed."""
    tests = loaded_tests()
    found: dict[str, str] = {}
    for case in (tests.FileTestCase, tests.OpenTestCase):
        for test in unittest.defaultTestLoader.loadTestsFromTestCase(case):
            assert isinstance(test, unittest.TestCase)
            name = test.id().split(".")[-1]
            if name in NO_COUNTERPART:
                continue
            result = unittest.TestResult()
            test.run(result)
            problems = [*result.errors, *result.failures]
            found[name] = problems[0][1] if problems else ""
    return found


if __name__ == "__main__":
    print(json.dumps(outcomes()))
